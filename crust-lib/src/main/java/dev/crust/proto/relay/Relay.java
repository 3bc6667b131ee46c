package dev.crust.proto.relay;

import dev.crust.PeerId;
import dev.crust.proto.punch.RateLimits;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A relay's books: who has reserved, which circuits run, and what they have used. It moves no
 * bytes; its memory is bounded by its limits.
 *
 * <p>Opened circuits outlive the reservation under which they were opened.
 */
public final class Relay {
  /** An answer to a request. */
  public sealed interface Answer {
    /** The peer can be reached through us until then. */
    record Reserved(Instant until) implements Answer {}

    /** The circuit is open. */
    record Opened(long circuit) implements Answer {}

    /** Not granted. */
    record Refused(RelayRefusal why) implements Answer {}
  }

  /** What becomes of data on a circuit. */
  public sealed interface Verdict {
    /** Forward it to the other end. */
    record Pass(PeerId to) implements Verdict {}

    /** Forward it, and take no more of this circuit until then. */
    record PassAndPause(PeerId to, Instant until) implements Verdict {}

    /** There is no such circuit of this peer's. */
    record Drop() implements Verdict {}

    /** Forward nothing: the circuit is over, tell both ends. */
    record Cut(Closed closed) implements Verdict {}
  }

  /** A circuit that is over: both ends are to be told, as far as they are there. */
  public record Closed(long circuit, PeerId opener, PeerId target, RelayRefusal why) {}

  private record Reservation(InetAddress address, Instant until) {}

  private static final class Circuit {
    final PeerId opener;
    final PeerId target;
    final InetAddress address;
    final Instant until;
    long left;
    double tokens;
    Instant filled;

    Circuit(PeerId opener, PeerId target, InetAddress address, RelayLimits limits, Instant now) {
      this.opener = opener;
      this.target = target;
      this.address = address;
      this.until = now.plus(limits.duration());
      this.left = limits.bytes();
      this.tokens = limits.burst();
      this.filled = now;
    }

    boolean hasEnd(PeerId peer) {
      return opener.equals(peer) || target.equals(peer);
    }
  }

  private static final int REQUESTS = 16;
  private static final int REQUESTS_PER_SECOND = 2;
  private static final int REMEMBERED = 1024;

  private final PeerId self;
  private final RelayLimits limits;
  private final Map<PeerId, Reservation> reservations = new LinkedHashMap<>();
  private final Map<Long, Circuit> circuits = new LinkedHashMap<>();
  private final RateLimits<PeerId> requests =
      new RateLimits<>(REQUESTS, REQUESTS_PER_SECOND, REMEMBERED);
  private long lastCircuit;

  /** The books of an endpoint, empty. */
  public Relay(PeerId self, RelayLimits limits) {
    this.self = self;
    this.limits = limits;
  }

  /** What is granted. */
  public RelayLimits limits() {
    return limits;
  }

  /** A peer wants to be reachable through us, or to remain so. */
  public Answer onReserve(PeerId from, InetAddress address, Instant now) {
    expire(now);
    if (limits.reservations() == 0) {
      return new Answer.Refused(RelayRefusal.NOT_OFFERED);
    } else if (!requests.allows(from, now)) {
      return new Answer.Refused(RelayRefusal.TOO_FAST);
    }
    boolean renewal = reservations.containsKey(from);
    long ofAddress =
        reservations.entrySet().stream()
            .filter(each -> !each.getKey().equals(from))
            .filter(each -> each.getValue().address().equals(address))
            .count();
    if (!renewal && reservations.size() >= limits.reservations()) {
      return new Answer.Refused(RelayRefusal.TOO_MANY_RESERVATIONS);
    } else if (ofAddress >= limits.reservationsPerAddress()) {
      return new Answer.Refused(RelayRefusal.TOO_MANY_FROM_ADDRESS);
    }
    Instant until = now.plus(limits.lifetime());
    reservations.remove(from);
    reservations.put(from, new Reservation(address, until));
    return new Answer.Reserved(until);
  }

  /**
   * A peer wants a circuit to another.
   *
   * @param address where the opener is seen
   * @param connected who is connected to us
   */
  public Answer onOpen(
      PeerId from, InetAddress address, PeerId to, Predicate<PeerId> connected, Instant now) {
    expire(now);
    Optional<RelayRefusal> refusal = refusal(from, address, to, connected, now);
    if (refusal.isPresent()) {
      return new Answer.Refused(refusal.get());
    }
    circuits.put(++lastCircuit, new Circuit(from, to, address, limits, now));
    return new Answer.Opened(lastCircuit);
  }

  private Optional<RelayRefusal> refusal(
      PeerId from, InetAddress address, PeerId to, Predicate<PeerId> connected, Instant now) {
    if (limits.circuits() == 0) {
      return Optional.of(RelayRefusal.NOT_OFFERED);
    } else if (!requests.allows(from, now)) {
      return Optional.of(RelayRefusal.TOO_FAST);
    } else if (to.equals(self) || to.equals(from)) {
      return Optional.of(RelayRefusal.SELF);
    } else if (!connected.test(to)) {
      return Optional.of(RelayRefusal.NOT_CONNECTED);
    } else if (!reservations.containsKey(to)) {
      return Optional.of(RelayRefusal.NO_RESERVATION);
    } else if (circuits.size() >= limits.circuits()) {
      return Optional.of(RelayRefusal.TOO_MANY_CIRCUITS);
    } else if (count(each -> each.hasEnd(from)) >= limits.circuitsPerPeer()
        || count(each -> each.hasEnd(to)) >= limits.circuitsPerPeer()) {
      return Optional.of(RelayRefusal.TOO_MANY_OF_PEER);
    }
    return count(each -> each.address.equals(address)) >= limits.circuitsPerAddress()
        ? Optional.of(RelayRefusal.TOO_MANY_FROM_ADDRESS)
        : Optional.empty();
  }

  private long count(Predicate<Circuit> which) {
    return circuits.values().stream().filter(which).count();
  }

  /** Bytes came from one end of a circuit. */
  public Verdict onData(long id, PeerId from, int bytes, Instant now) {
    Circuit circuit = circuits.get(id);
    if (circuit == null || !circuit.hasEnd(from)) {
      return new Verdict.Drop();
    }
    if (bytes > circuit.left) {
      return new Verdict.Cut(close(id, circuit, RelayRefusal.BYTES_SPENT));
    }
    if (now.isAfter(circuit.filled)) {
      double seconds = Duration.between(circuit.filled, now).toNanos() / 1e9;
      circuit.tokens =
          Math.min((double) limits.burst(), circuit.tokens + seconds * limits.bytesPerSecond());
      circuit.filled = now;
    }
    circuit.left -= bytes;
    circuit.tokens -= bytes;
    PeerId to = circuit.opener.equals(from) ? circuit.target : circuit.opener;
    if (circuit.tokens >= 0) {
      return new Verdict.Pass(to);
    } else if (circuit.tokens < -limits.burst()) {
      // What was under way when the pause began is forgiven, and no more.
      return new Verdict.Cut(close(id, circuit, RelayRefusal.RATE_EXCEEDED));
    }
    long nanos = (long) (-circuit.tokens * 1e9 / limits.bytesPerSecond());
    return new Verdict.PassAndPause(to, now.plusNanos(nanos));
  }

  /** One end closes a circuit; empty if it is none of its own. */
  public Optional<Closed> onClose(long id, PeerId from) {
    Circuit circuit = circuits.get(id);
    return circuit != null && circuit.hasEnd(from)
        ? Optional.of(close(id, circuit, RelayRefusal.CLOSED))
        : Optional.empty();
  }

  /** A peer is connected to us no more: its reservation and its circuits are over. */
  public List<Closed> onGone(PeerId peer) {
    reservations.remove(peer);
    return closeAll(each -> each.hasEnd(peer), RelayRefusal.PEER_GONE);
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    // All last equally long, so the oldest ends first.
    return circuits.isEmpty() ? Instant.MAX : circuits.values().iterator().next().until;
  }

  /** Time has passed: circuits may have lasted as long as they may. */
  public List<Closed> onTimeout(Instant now) {
    return closeAll(each -> !now.isBefore(each.until), RelayRefusal.TIME_SPENT);
  }

  private List<Closed> closeAll(Predicate<Circuit> which, RelayRefusal why) {
    List<Closed> closed = new ArrayList<>();
    for (Map.Entry<Long, Circuit> each : List.copyOf(circuits.entrySet())) {
      if (which.test(each.getValue())) {
        closed.add(close(each.getKey(), each.getValue(), why));
      }
    }
    return closed;
  }

  private Closed close(long id, Circuit circuit, RelayRefusal why) {
    circuits.remove(id);
    return new Closed(id, circuit.opener, circuit.target, why);
  }

  private void expire(Instant now) {
    reservations.values().removeIf(each -> !now.isBefore(each.until()));
  }
}
