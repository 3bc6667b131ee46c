package dev.crust.cli;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Reason;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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

  /** How much later than the dial's own timeout we stop waiting for its outcome. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final Streams streams;
  private final BlockingQueue<Event> inbox = new LinkedBlockingQueue<>();

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
      description = "seconds between pings (1)")
  private Duration interval = Duration.ofSeconds(1);

  PingCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    CrustAddress target = Objects.requireNonNull(address);
    Setup setup = options.setup(streams);
    boolean bare = target.candidates().isEmpty();
    Output output = options.output().output(streams);
    Duration dialTimeout = timeout == null ? Setup.DIAL_TIMEOUT : timeout;
    // With an address in hand, nobody on the LAN needs to hear of us.
    try (Endpoint endpoint = (bare ? setup : setup.withoutBeacon()).open(streams, dialTimeout)) {
      long started = System.nanoTime();
      endpoint.onEvent(
          event -> {
            output.print(new Notice.Happened(event));
            inbox.add(event);
          });
      var unused = output.broken().thenRun(() -> System.exit(CommandFailure.FAILED));
      if (bare) {
        target = onTheLan(target, dialTimeout);
      }
      Connection connection = connect(endpoint, target, dialTimeout);
      Duration left = timeout == null ? FOREVER : timeout.minusNanos(System.nanoTime() - started);
      ping(connection, output, left);
      return 0;
    }
  }

  /** The address under which the peer is heard on the LAN, if it is. */
  private CrustAddress onTheLan(CrustAddress bare, Duration limit) throws InterruptedException {
    long end = System.nanoTime() + Math.min(limit.toNanos(), Duration.ofSeconds(3).toNanos());
    for (Event event = next(end); event != null; event = next(end)) {
      if (event instanceof Event.Discovered it && it.address().peer().equals(bare.peer())) {
        return it.address();
      }
    }
    return bare;
  }

  private Connection connect(Endpoint endpoint, CrustAddress target, Duration limit)
      throws CommandFailure, InterruptedException {
    PeerId peer = target.peer();
    var already = endpoint.connection(peer);
    if (already.isPresent()) {
      return already.get();
    }
    var unused = endpoint.connect(target);
    long end = System.nanoTime() + limit.plus(GRACE).toNanos();
    for (Event event = next(end); event != null; event = next(end)) {
      if (event instanceof Event.Connected it && it.connection().peer().equals(peer)) {
        return it.connection();
      } else if (event instanceof Event.ConnectFailed it && it.peer().equals(peer)) {
        throw noConnection(peer, it.reason());
      }
    }
    throw noConnection(peer, Reason.TIMEOUT);
  }

  private @Nullable Event next(long end) throws InterruptedException {
    return inbox.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private static CommandFailure noConnection(PeerId peer, Reason reason) {
    return CommandFailure.failed(
        "no connection to " + peer + ": " + reason.sentence() + "; " + Advice.on(reason));
  }

  private void ping(Connection connection, Output output, Duration limit)
      throws CommandFailure, InterruptedException {
    try {
      Pinger.End end =
          new Pinger(connection, interval)
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

  /** Every path of this version is direct. */
  private boolean enough(Notice.Ponged pong) {
    return untilDirect || (count != null && pong.seq() >= count);
  }
}
