package dev.crust.cli;

import dev.crust.Endpoint;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code crust node}. */
@Command(
    name = "node",
    mixinStandardHelpOptions = true,
    description = {
      "Joins the network, keeps its connections, prints events until Ctrl-C.",
      "Reads commands on standard input; 'help' names them."
    })
final class NodeCommand implements Callable<Integer> {
  private final Streams streams;
  @Mixin private EndpointOptions options = new EndpointOptions();

  NodeCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws CommandFailure {
    Setup setup = options.setup(streams);
    Output output = options.output().output(streams);
    try (Endpoint endpoint = setup.open(streams, Setup.DIAL_TIMEOUT);
        Node node = new Node(endpoint, setup, output, Clock.systemUTC())) {
      node.start();
      new StdinCommands(node, output, streams.err()).readFrom(streams.in());
      return node.awaitEnd();
    }
  }
}
