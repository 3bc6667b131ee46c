package dev.crust.proto.relay;

import dev.crust.PeerId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps one relayed way to one peer for as long as it is needed: asks relays one after the other,
 * each a little after the one before, uses the first that opens, and replaces one that dies or
 * caps.
 *
 * <table>
 * <caption>Transitions</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>dialling</td><td>a relay's turn: at once, 250 ms after the one before, or it has failed</td><td>Open</td><td>dialling</td></tr>
 * <tr><td>dialling</td><td>a relay opens</td><td>Use</td><td>relayed</td></tr>
 * <tr><td>dialling</td><td>no relay is left and none asked</td><td>Exhausted</td><td>waiting</td></tr>
 * <tr><td>relayed</td><td>another relay opens</td><td>Close of that</td><td>relayed</td></tr>
 * <tr><td>relayed</td><td>the circuit ends</td><td>Open of the next</td><td>dialling</td></tr>
 * <tr><td>waiting</td><td>a relay is added, or has rested for a minute</td><td>Open</td><td>dialling</td></tr>
 * <tr><td>any</td><td>{@link #onDirect}</td><td>Close of what is open</td><td>over</td></tr>
 * </table>
 */
public final class CircuitDial {
  /** What is to be done. */
  public sealed interface Effect {
    /** Ask this relay for a circuit to the peer. */
    record Open(PeerId relay) implements Effect {}

    /** This circuit is the way. */
    record Use(PeerId relay, long circuit) implements Effect {}

    /** Close this circuit. */
    record Close(PeerId relay, long circuit) implements Effect {}

    /** No relay is left to be asked for now; the reasons by relay. */
    record Exhausted(Map<PeerId, RelayRefusal> reasons) implements Effect {}
  }

  /** Between two relays that are asked. */
  public static final Duration STAGGER = Duration.ofMillis(250);

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration REST = Duration.ofMinutes(1);
  private static final int MAX_RELAYS = 16;

  private static final class Attempt {
    Instant end = Instant.MAX;
    Instant rested = Instant.MIN;
    Optional<RelayRefusal> refusal = Optional.empty();

    boolean asked() {
      return !end.equals(Instant.MAX);
    }
  }

  private record Way(PeerId relay, long circuit) {}

  private final Map<PeerId, Attempt> relays = new LinkedHashMap<>();
  private Optional<Way> way = Optional.empty();
  private Instant next;
  private boolean exhausted;
  private boolean over;

  /** Over these relays, most promising first; begins with the first {@link #onTimeout}. */
  public CircuitDial(List<PeerId> relays, Instant now) {
    this.next = now;
    relays.stream().limit(MAX_RELAYS).forEach(each -> this.relays.put(each, new Attempt()));
  }

  /** Another relay has become known. */
  public List<Effect> onRelay(PeerId relay, Instant now) {
    if (relays.size() < MAX_RELAYS) {
      relays.putIfAbsent(relay, new Attempt());
    }
    return onTimeout(now);
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    if (over) {
      return Instant.MAX;
    }
    Instant earliest = Instant.MAX;
    for (Attempt each : relays.values()) {
      Instant due = each.asked() ? each.end : way.isPresent() ? Instant.MAX : turn(each);
      earliest = due.isBefore(earliest) ? due : earliest;
    }
    return earliest;
  }

  private Instant turn(Attempt attempt) {
    return attempt.rested.isAfter(next) ? attempt.rested : next;
  }

  /** Time has passed; also to be called once at the beginning. */
  public List<Effect> onTimeout(Instant now) {
    List<Effect> effects = new ArrayList<>();
    if (over) {
      return effects;
    }
    for (Attempt each : relays.values()) {
      if (!now.isBefore(each.end)) {
        fail(each, RelayRefusal.PEER_GONE, now);
      }
    }
    if (way.isEmpty() && !now.isBefore(next)) {
      for (Map.Entry<PeerId, Attempt> each : relays.entrySet()) {
        if (!each.getValue().asked() && !now.isBefore(each.getValue().rested)) {
          each.getValue().end = now.plus(PATIENCE);
          next = now.plus(STAGGER);
          exhausted = false;
          effects.add(new Effect.Open(each.getKey()));
          break;
        }
      }
    }
    boolean hope =
        relays.values().stream().anyMatch(each -> each.asked() || !now.isBefore(each.rested));
    if (way.isEmpty() && !hope && !exhausted) {
      exhausted = true;
      effects.add(new Effect.Exhausted(reasons()));
    }
    return effects;
  }

  private static void fail(Attempt attempt, RelayRefusal why, Instant now) {
    attempt.end = Instant.MAX;
    attempt.refusal = Optional.of(why);
    attempt.rested = now.plus(REST);
  }

  private Map<PeerId, RelayRefusal> reasons() {
    Map<PeerId, RelayRefusal> reasons = new LinkedHashMap<>();
    relays.forEach((relay, each) -> each.refusal.ifPresent(why -> reasons.put(relay, why)));
    return reasons;
  }

  /** A relay has opened a circuit. */
  public List<Effect> onOpened(PeerId relay, long circuit) {
    Attempt attempt = relays.get(relay);
    if (over || way.isPresent() || attempt == null || !attempt.asked()) {
      return List.of(new Effect.Close(relay, circuit));
    }
    attempt.end = Instant.MAX;
    way = Optional.of(new Way(relay, circuit));
    return List.of(new Effect.Use(relay, circuit));
  }

  /** A relay refuses. */
  public List<Effect> onRefused(PeerId relay, RelayRefusal why, Instant now) {
    Attempt attempt = relays.get(relay);
    if (over || attempt == null || !attempt.asked()) {
      return List.of();
    }
    fail(attempt, why, now);
    next = now;
    return onTimeout(now);
  }

  /** A circuit is over: capped, closed by the peer, or the relay has gone. */
  public List<Effect> onClosed(PeerId relay, long circuit, RelayRefusal why, Instant now) {
    Attempt attempt = relays.get(relay);
    boolean ours = way.filter(each -> each.equals(new Way(relay, circuit))).isPresent();
    if (over || !ours || attempt == null) {
      return List.of();
    }
    way = Optional.empty();
    fail(attempt, why, now);
    next = now;
    return onTimeout(now);
  }

  /** A direct path carries the session, or nobody needs it any more. */
  public List<Effect> onDirect() {
    over = true;
    Optional<Way> open = way;
    way = Optional.empty();
    return open.<List<Effect>>map(each -> List.of(new Effect.Close(each.relay(), each.circuit())))
        .orElse(List.of());
  }
}
