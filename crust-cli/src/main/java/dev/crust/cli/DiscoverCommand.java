package dev.crust.cli;

import dev.crust.Endpoint;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code crust discover}. */
@Command(
    name = "discover",
    mixinStandardHelpOptions = true,
    description = "Prints the peers of this network that are heard on the LAN.")
final class DiscoverCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private EndpointOptions options = new EndpointOptions();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      converter = Converters.Seconds.class,
      description = "how long to listen (3)")
  private Duration time = Duration.ofSeconds(3);

  DiscoverCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    Setup setup = options.setup(streams);
    if (!setup.beacon()) {
      throw CommandFailure.usage("discover has nothing to do with --no-beacon");
    }
    Output output = options.output().output(streams);
    Heard heard = new Heard();
    try (Endpoint endpoint = setup.open(streams, Setup.DIAL_TIMEOUT)) {
      endpoint.onEvent(
          event -> {
            if (heard.isNews(event)) {
              output.print(new Notice.Happened(event));
            }
          });
      output.broken().toCompletableFuture().get(time.toNanos(), TimeUnit.NANOSECONDS);
      return CommandFailure.FAILED;
    } catch (TimeoutException e) {
      if (heard.isNothing()) {
        output.print(new Notice.Remark("no peer was heard in " + Text.time(time)));
      }
      return 0;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
