package dev.crust.driver;

import dev.crust.Connection.Pong;
import dev.crust.Path;
import dev.crust.Transport;
import dev.crust.io.Pipe;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.session.PathHealth;
import dev.crust.proto.session.SessionPath;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A path that belongs to a connection: what its session knows of it, its health, the pings on it.
 * Guarded by its connection's {@link SessionMonitor}; only {@link #describe} and {@link #pipe} may
 * be called without.
 */
final class OpenPath {
  /** Well below what a pipe bears. */
  private static final int MAX_ADDRESS_CHANGES = 2 * Pipe.MAX_ADDRESS_CHANGES / 3;

  /** The first round trips are those of a busy start, so they are soon measured again. */
  private static final int EARLY_MEASUREMENTS = 8;

  private static final long EARLY_INTERVAL_NANOS = Duration.ofMillis(100).toNanos();
  private static final long INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

  /** A ping whose answer somebody waits for. */
  record Asked(long startNanos, @Nullable UserFuture<Pong> answer, boolean validates) {}

  private final PeerPath path;
  private final SessionPath<LocalConnection.Sent> session;
  private final PathHealth health;
  private final Path.Method method;
  private final Map<Long, Asked> asked = new HashMap<>(2);
  private long nextPing;
  private long askedNanos;
  private boolean pumpDue;
  private boolean wornOut;
  private volatile @Nullable Duration roundTrip;

  OpenPath(
      PeerPath path,
      SessionPath<LocalConnection.Sent> session,
      Path.Method method,
      EndpointContext context) {
    this.path = path;
    this.session = session;
    this.health = new PathHealth(context.heartbeat(), context.now());
    this.method = method;
  }

  PeerPath path() {
    return path;
  }

  Pipe pipe() {
    return path.pipe();
  }

  SessionPath<LocalConnection.Sent> session() {
    return session;
  }

  PathHealth health() {
    return health;
  }

  /** Whether the peer's end has changed so often that a fresh path is due. Says so once. */
  boolean wearsOut() {
    boolean worn = !wornOut && pipe().addressChanges() >= MAX_ADDRESS_CHANGES;
    wornOut |= worn;
    return worn;
  }

  /** The smaller the better: TCP before QUIC, both before what others keep, and a relay last. */
  int rank() {
    if (isRelayed()) {
      return 3;
    } else if (!pipe().isOurs()) {
      return 2;
    }
    return pipe().transport() == Transport.TCP ? 0 : 1;
  }

  boolean isRelayed() {
    return pipe().relay().isPresent();
  }

  /** The path for users, with the round trip measured last. */
  Path describe() {
    Pipe pipe = pipe();
    return new Path(
        pipe.transport(),
        method,
        pipe.local(),
        pipe.remote(),
        pipe.relay(),
        pipe.bringer(),
        Optional.ofNullable(roundTrip));
  }

  void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
    session.onFrame(type, body, missing);
  }

  void onRest(ByteBuffer bytes, int missing) throws MalformedMessageException {
    session.onRest(bytes, missing);
  }

  /** Asks for a sign of life. Returns false, and does nothing, if too many wait for one. */
  boolean ask(@Nullable UserFuture<Pong> answer) {
    if (asked.size() >= SessionPath.MAX_PINGS) {
      return false;
    }
    long number = nextPing++;
    askedNanos = System.nanoTime();
    asked.put(number, new Asked(askedNanos, answer, false));
    session.ping(number);
    return true;
  }

  /**
   * Something has come, so the round trip is measured again if the last measurement is old: what
   * counts as silence follows from it.
   *
   * @param busy whether something is under way to the peer
   */
  void measure(boolean busy) {
    boolean early = nextPing < EARLY_MEASUREMENTS;
    long interval = early ? EARLY_INTERVAL_NANOS : INTERVAL_NANOS;
    if ((early || busy) && asked.isEmpty() && System.nanoTime() - askedNanos >= interval) {
      ask(null);
    }
  }

  /** Asks by a ping that is long both ways. */
  void validate() {
    if (asked.size() < SessionPath.MAX_PINGS) {
      long number = nextPing++;
      asked.put(number, new Asked(System.nanoTime(), null, true));
      session.longPing(number);
    }
  }

  /** The answer to a ping has come; null if nobody has asked. */
  @Nullable Asked onPong(long number) {
    Asked ping = asked.remove(number);
    if (ping != null) {
      Duration measured = Duration.ofNanos(System.nanoTime() - ping.startNanos);
      health.onRoundTrip(measured);
      if (!ping.validates) {
        roundTrip = measured;
      }
    }
    return ping;
  }

  /** Takes out those who wait for an answer. */
  List<UserFuture<Pong>> takeAsked() {
    List<UserFuture<Pong>> waiting = new ArrayList<>();
    asked.values().forEach(ping -> addIfPresent(waiting, ping.answer));
    asked.clear();
    return waiting;
  }

  private static void addIfPresent(
      List<UserFuture<Pong>> waiting, @Nullable UserFuture<Pong> answer) {
    if (answer != null) {
      waiting.add(answer);
    }
  }

  /** Whether a pump is to be scheduled: no other is under way. */
  boolean beginPump() {
    boolean begins = !pumpDue;
    pumpDue = true;
    return begins;
  }

  /** Writes what there is to write, as far as the pipe takes it. On the pipe's loop. */
  void pump(Instant now) {
    pumpDue = false;
    Pipe pipe = pipe();
    while (pipe.writable()) {
      if (session.asksForRoom()) {
        session.onRoom(pipe.room());
      }
      if (!session.hasOutput()) {
        return;
      }
      pipe.write(session.outputSize(), out -> session.write(out, now));
      // TLS takes note of what it holds only when it is flushed.
      pipe.flush();
    }
  }

  /** Runs a task on the path's loop. */
  void onLoop(Runnable task) {
    pipe().loop().execute(task);
  }
}
