package dev.crust.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code crust identity}. */
@Command(
    name = "identity",
    mixinStandardHelpOptions = true,
    description = "Prints the peer id; makes the key if there is none.")
final class IdentityCommand implements Callable<Integer> {
  private final Streams streams;
  @Mixin private IdentityOptions identity = new IdentityOptions();
  @Mixin private OutputOptions output = new OutputOptions();

  IdentityCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws CommandFailure {
    KeySource source = identity.source(Optional.empty(), streams.home());
    output.output(streams).print(new Notice.Identified(source.load().peerId()));
    return 0;
  }
}
