package dev.crust.proto.relay;

import dev.crust.PeerId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps a few of the peers that relay reserved for us: asks one when there are too few, renews at
 * half-life, and takes another when one goes, refuses or does not answer.
 *
 * <table>
 * <caption>Transitions of a relay</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>idle</td><td>too few are reserved or asked</td><td>Reserve</td><td>asked</td></tr>
 * <tr><td>asked</td><td>granted</td><td>Changed</td><td>reserved</td></tr>
 * <tr><td>asked, reserved</td><td>refused, no answer in 5 s</td><td>Changed, if it was reserved</td><td>resting: 1 min, twice that each time, at most 16 min</td></tr>
 * <tr><td>reserved</td><td>half of the time is over</td><td>Reserve</td><td>asked, still reserved</td></tr>
 * <tr><td>resting</td><td>rested</td><td>–</td><td>idle</td></tr>
 * <tr><td>any</td><td>gone</td><td>Changed, if it was reserved</td><td>forgotten</td></tr>
 * </table>
 */
public final class Reservations {
  /** What is to be done. */
  public sealed interface Effect {
    /** Ask this peer for a reservation. */
    record Reserve(PeerId relay) implements Effect {}

    /** These relays are ours now: tell others of them, in our addresses. */
    record Changed(List<PeerId> relays) implements Effect {}
  }

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration REST = Duration.ofMinutes(1);
  private static final int MOST_DOUBLINGS = 4;
  private static final Duration SHORTEST = Duration.ofSeconds(30);

  /** Of the connected peers that relay, as many are considered. */
  private static final int MAX_RELAYS = 64;

  private static final class State {
    Instant askedUntil = Instant.MAX;
    Instant reservedUntil = Instant.MIN;
    Instant renewal = Instant.MAX;
    Instant rested = Instant.MIN;
    int failures;

    boolean asked() {
      return !askedUntil.equals(Instant.MAX);
    }

    boolean reserved(Instant now) {
      return reservedUntil.isAfter(now);
    }
  }

  private final int wanted;
  private final Map<PeerId, State> relays = new LinkedHashMap<>();
  private List<PeerId> told = List.of();

  /** Keeps as many reservations. */
  public Reservations(int wanted) {
    this.wanted = wanted;
  }

  /** A peer that relays is connected; those that come first are asked first. */
  public List<Effect> onRelay(PeerId relay, Instant now) {
    if (relays.size() < MAX_RELAYS) {
      relays.putIfAbsent(relay, new State());
    }
    return settle(now);
  }

  /** A peer is connected no more. */
  public List<Effect> onGone(PeerId relay, Instant now) {
    relays.remove(relay);
    return settle(now);
  }

  /** A relay grants what it was asked for. */
  public List<Effect> onReserved(PeerId relay, Duration lifetime, Instant now) {
    State state = relays.get(relay);
    if (state == null || !state.asked()) {
      return List.of();
    }
    // A relay that grants a moment would have us ask without end.
    Duration held = lifetime.compareTo(SHORTEST) < 0 ? SHORTEST : lifetime;
    state.askedUntil = Instant.MAX;
    state.reservedUntil = now.plus(held);
    state.renewal = now.plus(held.dividedBy(2));
    state.failures = 0;
    return settle(now);
  }

  /** A relay refuses, or tells that it relays no more. */
  public List<Effect> onRefused(PeerId relay, Instant now) {
    State state = relays.get(relay);
    if (state != null) {
      rest(state, now);
    }
    return settle(now);
  }

  private static void rest(State state, Instant now) {
    long times = 1L << Math.min(state.failures, MOST_DOUBLINGS);
    state.failures++;
    state.askedUntil = Instant.MAX;
    state.reservedUntil = Instant.MIN;
    state.renewal = Instant.MAX;
    state.rested = now.plus(REST.multipliedBy(times));
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    Instant earliest = Instant.MAX;
    boolean enough = told.size() >= wanted;
    for (State each : relays.values()) {
      Instant due = each.asked() ? each.askedUntil : each.renewal;
      if (due.equals(Instant.MAX) && !enough && !each.rested.equals(Instant.MIN)) {
        due = each.rested;
      }
      earliest = due.isBefore(earliest) ? due : earliest;
    }
    return earliest;
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    return settle(now);
  }

  private List<Effect> settle(Instant now) {
    List<Effect> effects = new ArrayList<>();
    long enough = 0;
    for (State each : relays.values()) {
      if (!now.isBefore(each.askedUntil)) {
        rest(each, now);
      }
      enough += each.asked() || each.reserved(now) ? 1 : 0;
    }
    for (Map.Entry<PeerId, State> each : relays.entrySet()) {
      State state = each.getValue();
      boolean renew = !now.isBefore(state.renewal);
      boolean fresh =
          enough < wanted && !state.asked() && !state.reserved(now) && !now.isBefore(state.rested);
      if (renew || fresh) {
        enough += fresh ? 1 : 0;
        state.renewal = Instant.MAX;
        state.rested = Instant.MIN;
        state.askedUntil = now.plus(PATIENCE);
        effects.add(new Effect.Reserve(each.getKey()));
      }
    }
    List<PeerId> reserved =
        relays.entrySet().stream()
            .filter(each -> each.getValue().reserved(now))
            .map(Map.Entry::getKey)
            .toList();
    if (!reserved.equals(told)) {
      told = reserved;
      effects.add(new Effect.Changed(told));
    }
    return effects;
  }
}
