package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.io.ByteWire;
import dev.crust.io.Circuit;
import dev.crust.io.Outgoing;
import dev.crust.io.Pipe;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalMethod.FarEnd;
import dev.crust.spi.TraversalMethod.Wire;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What the methods of one traversal have come to, on which the endpoint does the rest: addresses to
 * dial, wires. Bounded, so that no method can make us flood anybody on a peer's word. On the
 * control loop.
 */
final class Results {
  /** As long has a dial for the transport's handshake, and as long again for that of TLS. */
  static final Duration DIAL_PATIENCE = Duration.ofSeconds(4);

  private static final int MAX_DIALS = Traversals.MAX_DIALS;
  private static final int MAX_WIRES = 4;

  /** How many addresses were dialled in this round. */
  private static final class Dialled {
    int known;
    int strange;
  }

  private final PeerId peer;
  private final EndpointContext context;
  private final Traversals all;
  private final Traversal.Course course;
  private final Map<Transport, Dialled> dialled = new EnumMap<>(Transport.class);
  private final Map<Transport, Deque<Outgoing>> dials = new EnumMap<>(Transport.class);
  private final Deque<Circuit> wires = new ArrayDeque<>(0);
  private volatile Set<InetAddress> observed = Set.of();
  private boolean ended;

  Results(PeerId peer, EndpointContext context, Traversals all, Traversal.Course course) {
    this.peer = peer;
    this.context = context;
    this.all = all;
    this.course = course;
  }

  /** A round begins. */
  void onRound() {
    dialled.clear();
    observed = Set.copyOf(all.observed(peer));
  }

  /** Where others saw the peer when the round began. May be asked by any thread. */
  Set<InetAddress> observed() {
    return observed;
  }

  /** Dials, if that is not one too many. */
  void dial(Candidate candidate) {
    if (!ended && allows(candidate)) {
      dial(candidate, true);
    }
  }

  private boolean allows(Candidate candidate) {
    Dialled before = dialled.computeIfAbsent(candidate.transport(), key -> new Dialled());
    return observed.contains(candidate.address().getAddress())
        ? before.known++ < MAX_DIALS
        : before.strange++ < 1;
  }

  private void dial(Candidate candidate, boolean again) {
    context
        .dial(
            candidate,
            peer,
            DIAL_PATIENCE,
            pipe ->
                new PeerPath(
                    pipe, context, course.fate(reason -> onFailed(candidate, reason, again))))
        .ifPresent(dial -> keep(candidate.transport(), dial));
  }

  /** Perhaps the peer has not heard yet of the connection, which has come up by a relay. */
  private void onFailed(Candidate candidate, Reason reason, boolean again) {
    if (!ended && again && reason == Reason.DUPLICATE) {
      dial(candidate, false);
    }
  }

  /** Sees to it that a dial ends with the traversal, unless it has become a path. */
  void keep(Transport transport, Outgoing dial) {
    Deque<Outgoing> those = dials.computeIfAbsent(transport, key -> new ArrayDeque<>(1));
    if (those.size() >= MAX_DIALS) {
      those.remove().cancel();
    }
    those.add(dial);
  }

  /**
   * Does TLS on a wire.
   *
   * @param method whose it is
   */
  void connect(Wire wire, String method) {
    ByteWire bytes = new ByteWire(wire.bytes(), context.userExecutor());
    Function<Pipe, Pipe.Reader> guests = all.guests();
    if (ended || guests == null) {
      bytes.close();
      return;
    }
    Circuit.Way way = Circuit.Way.broughtBy(method, wire.local(), wire.remote());
    boolean client =
        wire.farEnd() == FarEnd.LISTENER || Side.of(context.self(), peer) == Side.CONTROLLING;
    Circuit circuit =
        client
            ? bytes.dial(
                context.tls(),
                context.control(),
                way,
                peer,
                DIAL_PATIENCE,
                pipe -> new PeerPath(pipe, context, course.fate(reason -> {})))
            : bytes.accept(context.tls(), context.control(), way, guests);
    if (wires.size() >= MAX_WIRES) {
      wires.remove().cancel();
    }
    wires.add(circuit);
  }

  /** Whether nothing was dialled or brought that may become a path. */
  boolean isEmpty() {
    return wires.isEmpty() && dials.values().stream().allMatch(Deque::isEmpty);
  }

  /** There is a path; one by TCP or by a wire may still be better. */
  void settle() {
    Deque<Outgoing> quic = dials.remove(Transport.QUIC);
    if (quic != null) {
      quic.forEach(Outgoing::cancel);
    }
  }

  /** Nobody needs any more what has not become a path. */
  void end() {
    ended = true;
    dials.values().forEach(those -> those.forEach(Outgoing::cancel));
    dials.clear();
    wires.forEach(Circuit::cancel);
    wires.clear();
  }
}
