package dev.crust.cli;

import dev.crust.ConnectionLostException;
import dev.crust.Endpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code crust bench}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures a connection to a node that runs with --accept-bench: throughput up and down over a"
          + " stream, round trips, and new connections a second, one after the other.",
      "With --json: the events bench (direction up or down), bench-rtt and bench-connections."
    })
final class BenchCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private EndpointOptions options = new EndpointOptions();
  @Mixin private PeerOptions peer = new PeerOptions();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      converter = Converters.Seconds.class,
      description = "for each of the four measurements (5)")
  private Duration time = Duration.ofSeconds(5);

  BenchCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    Setup setup = options.setup(streams);
    Output output = options.output().output(streams);
    try (Dialled dialled = peer.dial(setup, streams, output)) {
      Bench bench = new Bench(dialled, time);
      output.print(bench.up());
      output.print(bench.down());
      output.print(bench.roundTrips());
      try (Endpoint other = setup.another().open(streams, Setup.DIAL_TIMEOUT)) {
        output.print(bench.connections(other, peer.address()));
      }
      return 0;
    } catch (ConnectionLostException e) {
      throw CommandFailure.failed("the connection was lost: " + e.getMessage() + "; try again");
    } catch (IOException e) {
      throw CommandFailure.failed("the measurement failed: " + StreamTrouble.of(e));
    }
  }
}
