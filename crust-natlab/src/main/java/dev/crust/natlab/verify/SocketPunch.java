package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Simple hole punching of one pair on real sockets: each side is a call from a thread of its own,
 * in its host's network namespace.
 */
final class SocketPunch {
  private static final Duration PATIENCE = Duration.ofSeconds(6);
  private static final Duration MEETING = Duration.ofSeconds(30);

  private final Transport transport;
  private final InetSocketAddress server;
  private final Duration skew;
  private final Exchanger<Optional<InetSocketAddress>> signalling = new Exchanger<>();
  private final CyclicBarrier start = new CyclicBarrier(2);
  private final AtomicInteger connected = new AtomicInteger();

  SocketPunch(Transport transport, InetSocketAddress server, Duration skew) {
    this.skew = skew;
    this.transport = transport;
    this.server = server;
  }

  /**
   * Plays one side; says whether both have connected.
   *
   * @param late whether this is the side that starts later
   */
  boolean play(InetAddress local, boolean late) throws Exception {
    try (PunchSocket socket =
        transport == Transport.TCP ? new TcpPunchSocket(local) : new UdpPunchSocket(local)) {
      Optional<InetSocketAddress> mine = socket.learn(server);
      Optional<InetSocketAddress> theirs =
          signalling.exchange(mine, MEETING.toSeconds(), TimeUnit.SECONDS);
      if (mine.isEmpty() || theirs.isEmpty()) {
        return false;
      }
      start.await(MEETING.toSeconds(), TimeUnit.SECONDS);
      if (late && !skew.isZero()) {
        LockSupport.parkNanos(skew.toNanos());
      }
      punch(socket, theirs.get());
      return connected.get() == 2;
    }
  }

  private void punch(PunchSocket socket, InetSocketAddress peer) throws IOException {
    Instant end = RealClock.now().plus(PATIENCE);
    boolean counted = false;
    while (connected.get() < 2 && RealClock.now().isBefore(end)) {
      socket.step(peer);
      if (!counted && socket.connected()) {
        counted = true;
        connected.incrementAndGet();
      }
    }
  }
}
