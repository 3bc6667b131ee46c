package dev.crust.cli;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.CrustAddress;
import dev.crust.Event;
import dev.crust.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code crust ping}. */
@Command(
    name = "ping",
    mixinStandardHelpOptions = true,
    description = "Connects, measures round trips, says over which path.")
final class PingCommand implements Callable<Integer> {
  /** Longer than anybody watches, and still no overflow. */
  private static final Duration FOREVER = Duration.ofDays(36_500);

  /** The methods by which others carry what we send. */
  private static final Set<String> RELAYED = Set.of("relayed", "turn");

  private final Streams streams;

  /** One for each change of path, which is worth a ping at once. */
  private final Semaphore wakes = new Semaphore(0);

  @Mixin private EndpointOptions options = new EndpointOptions();

  @Parameters(
      paramLabel = "ADDR",
      converter = Converters.Address.class,
      description = "crust address, or the bare id of a peer on the LAN")
  private @Nullable CrustAddress address;

  @Option(
      names = {"-c", "--count"},
      paramLabel = "N",
      converter = Converters.Count.class,
      description = "end after N answers")
  private @Nullable Integer count;

  @Option(names = "--until-direct", description = "end after the first answer by a direct path")
  private boolean untilDirect;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      converter = Converters.Seconds.class,
      description = "seconds for all of it (for the dial: 10)")
  private @Nullable Duration timeout;

  @Option(
      names = "--interval",
      paramLabel = "S",
      converter = Converters.Seconds.class,
      description = "seconds between pings (1); a new path is pinged at once")
  private Duration interval = Duration.ofSeconds(1);

  PingCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    Setup setup = options.setup(streams);
    Output output = options.output().output(streams);
    Duration dialTimeout = timeout == null ? Setup.DIAL_TIMEOUT : timeout;
    long started = System.nanoTime();
    try (Dialled dialled =
        Dialled.to(
            Objects.requireNonNull(address), setup, streams, output, dialTimeout, this::on)) {
      Duration left = timeout == null ? FOREVER : timeout.minusNanos(System.nanoTime() - started);
      ping(dialled.connection(), output, left);
      return 0;
    }
  }

  private void on(Event event) {
    if (event instanceof Event.PathChanged it && it.to().isPresent()) {
      wakes.release();
    }
  }

  private void ping(Connection connection, Output output, Duration limit)
      throws CommandFailure, InterruptedException {
    try {
      Pinger.End end =
          new Pinger(connection, interval, wakes)
              .run(
                  limit,
                  pong -> {
                    output.print(pong);
                    return !enough(pong);
                  });
      if (end == Pinger.End.TIME && (count != null || untilDirect)) {
        throw CommandFailure.failed(
            "the time was over before all was answered; give it longer with --timeout");
      }
    } catch (ConnectionLostException e) {
      throw CommandFailure.failed(
          "the connection to "
              + connection.peer()
              + " was lost: "
              + e.getMessage()
              + "; try again");
    }
  }

  private boolean enough(Notice.Ponged pong) {
    return (untilDirect && direct(pong.pong().path())) || (count != null && pong.seq() >= count);
  }

  private static boolean direct(Path path) {
    return !RELAYED.contains(path.method().toString());
  }
}
