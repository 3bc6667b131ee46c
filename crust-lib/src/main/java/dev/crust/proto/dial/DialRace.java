package dev.crust.proto.dial;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.Reason;
import dev.crust.Transport;
import java.net.Inet6Address;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Races connection attempts to one peer, favouring TCP (RFC 8305 §5). TCP and QUIC have a lane
 * each. In a lane the candidates start one after the other, IPv6 and IPv4 by turns, each a little
 * after the one before or as soon as that has failed. QUIC's lane opens a little after the first
 * attempt by TCP, or as soon as all of TCP has failed. The first that succeeds wins. If that is
 * QUIC, TCP goes on in the background, so that the session can move there.
 *
 * <table>
 * <caption>Transitions</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>racing</td><td>a candidate's turn</td><td>Start</td><td>racing</td></tr>
 * <tr><td>racing</td><td>an attempt fails, others are left in its lane</td><td>Start of the next at once</td><td>racing</td></tr>
 * <tr><td>racing</td><td>the last attempt fails</td><td>Failed</td><td>over</td></tr>
 * <tr><td>racing</td><td>TCP succeeds, or QUIC and no TCP is left</td><td>Cancel of the others, Won</td><td>over</td></tr>
 * <tr><td>racing</td><td>QUIC succeeds, TCP is left</td><td>Cancel of QUIC's others, Won</td><td>improving</td></tr>
 * <tr><td>racing</td><td>a relay is faster</td><td>none</td><td>improving, over if nothing is left</td></tr>
 * <tr><td>improving</td><td>a candidate's turn</td><td>Start</td><td>improving</td></tr>
 * <tr><td>improving</td><td>TCP succeeds</td><td>Cancel of the others, Improved</td><td>over</td></tr>
 * <tr><td>improving</td><td>QUIC succeeds, after a relay has won</td><td>Cancel of QUIC's others, Improved</td>
 * <td>improving, over if no TCP is left</td></tr>
 * <tr><td>improving</td><td>the last attempt fails</td><td>none</td><td>over</td></tr>
 * <tr><td>racing</td><td>the time allowed is over</td><td>Cancel of all, Failed(timeout)</td><td>over</td></tr>
 * <tr><td>improving</td><td>the time allowed is over</td><td>Cancel of all</td><td>over</td></tr>
 * <tr><td>over</td><td>anything</td><td>none</td><td>over</td></tr>
 * </table>
 */
public final class DialRace {
  /** Between two starts of a lane, and from TCP's first to QUIC's (RFC 8305 §8). */
  public static final Duration STAGGER = Duration.ofMillis(250);

  /** The same where both are on a LAN, which answers sooner. */
  public static final Duration LAN_STAGGER = Duration.ofMillis(30);

  /** What is to be done. */
  public sealed interface Effect {
    /** Try this candidate. */
    record Start(Candidate candidate) implements Effect {}

    /** Give this attempt up, without a trace at the other side. */
    record Cancel(Candidate candidate) implements Effect {}

    /** Use this one. The attempts are those that have ended; TCP's may go on. */
    record Won(Candidate candidate, List<Attempt> attempts) implements Effect {}

    /** After QUIC or a relay has won, a better path is there too: the session may move to it. */
    record Improved(Candidate candidate, List<Attempt> attempts) implements Effect {}

    /** The race is over: none worked. */
    record Failed(Reason reason, List<Attempt> attempts) implements Effect {}
  }

  private enum State {
    RACING,
    IMPROVING,
    OVER
  }

  /** Candidates of one transport, and when the next of them is due. */
  private static final class Lane {
    private final ArrayDeque<Candidate> waiting;
    private Instant due;

    Lane(List<Candidate> candidates, Instant due) {
      this.waiting = new ArrayDeque<>(candidates);
      this.due = due;
    }
  }

  private final Instant began;
  private final Instant end;
  private final Lane tcp;
  private final Lane quic;
  private final Map<Candidate, Instant> running = new LinkedHashMap<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private State state = State.RACING;

  /** A race over these candidates, most promising first, that may take this long. */
  public DialRace(List<Candidate> candidates, Duration timeout, Instant now) {
    List<Candidate> byTcp = lane(candidates, Transport.TCP);
    List<Candidate> byQuic = lane(candidates, Transport.QUIC);
    boolean alone = byTcp.isEmpty() || byQuic.isEmpty();
    Duration behind = alone ? Duration.ZERO : stagger(byTcp.get(0), byQuic.get(0));
    this.began = now;
    this.end = now.plus(timeout);
    this.tcp = new Lane(byTcp, now);
    this.quic = new Lane(byQuic, now.plus(behind));
  }

  /** RFC 8305 §4: the families take turns, beginning with that of the most promising. */
  private static List<Candidate> lane(List<Candidate> candidates, Transport transport) {
    List<Candidate> all =
        candidates.stream().filter(it -> it.transport() == transport).distinct().toList();
    if (all.isEmpty()) {
      return all;
    }
    boolean first = ipv6(all.get(0));
    ArrayDeque<Candidate> one = new ArrayDeque<>();
    ArrayDeque<Candidate> other = new ArrayDeque<>();
    all.forEach(candidate -> (ipv6(candidate) == first ? one : other).add(candidate));
    List<Candidate> mixed = new ArrayList<>();
    while (!one.isEmpty() || !other.isEmpty()) {
      if (!one.isEmpty()) {
        mixed.add(one.remove());
      }
      if (!other.isEmpty()) {
        mixed.add(other.remove());
      }
    }
    return mixed;
  }

  private static boolean ipv6(Candidate candidate) {
    return candidate.address().getAddress() instanceof Inet6Address;
  }

  private static Duration stagger(Candidate one, Candidate next) {
    return onLan(one) && onLan(next) ? LAN_STAGGER : STAGGER;
  }

  private static boolean onLan(Candidate candidate) {
    return Path.Method.of(candidate.address()) == Path.Method.HOST;
  }

  /** When {@link #onTimeout} should be called next; null when the race is over. */
  public @Nullable Instant deadline() {
    if (state == State.OVER) {
      return null;
    }
    Instant earliest = end;
    for (Lane lane : List.of(tcp, quic)) {
      if (!lane.waiting.isEmpty() && lane.due.isBefore(earliest)) {
        earliest = lane.due;
      }
    }
    return earliest;
  }

  /** Time has passed; also to be called once at the beginning. */
  public List<Effect> onTimeout(Instant now) {
    if (state == State.OVER) {
      return List.of();
    }
    List<Effect> effects = new ArrayList<>();
    if (!now.isBefore(end)) {
      giveUp(all(), Attempt.Outcome.FAILED, Reason.TIMEOUT, now, effects);
      finish(effects);
      return effects;
    }
    startWhatIsDue(now, effects);
    if (nothingLeft()) {
      finish(effects);
    }
    return effects;
  }

  /** An attempt failed by itself. */
  public List<Effect> onFailed(Candidate candidate, Reason reason, String detail, Instant now) {
    Instant started = running.remove(candidate);
    if (state == State.OVER || started == null) {
      return List.of();
    }
    record(candidate, started, now, Attempt.Outcome.FAILED, Optional.of(reason), detail);
    List<Effect> effects = new ArrayList<>();
    Lane lane = candidate.transport() == Transport.TCP ? tcp : quic;
    lane.due = now;
    boolean tcpIsOut =
        tcp.waiting.isEmpty()
            && running.keySet().stream().noneMatch(it -> it.transport() == Transport.TCP);
    if (tcpIsOut && quic.due.isAfter(now)) {
      quic.due = now;
    }
    startWhatIsDue(now, effects);
    if (nothingLeft()) {
      finish(effects);
    }
    return effects;
  }

  /** An attempt succeeded. */
  public List<Effect> onConnected(Candidate candidate, Instant now) {
    Instant started = running.remove(candidate);
    if (state == State.OVER || started == null) {
      return List.of();
    }
    record(candidate, started, now, Attempt.Outcome.WON, Optional.empty(), "");
    List<Effect> effects = new ArrayList<>();
    boolean best = candidate.transport() == Transport.TCP;
    giveUp(best ? all() : quic(), Attempt.Outcome.LOST, Reason.CANCELLED, now, effects);
    effects.add(
        state == State.IMPROVING
            ? new Effect.Improved(candidate, inOrderOfStart())
            : new Effect.Won(candidate, inOrderOfStart()));
    state = best || nothingLeft() ? State.OVER : State.IMPROVING;
    return effects;
  }

  /**
   * A relay has won meanwhile; what is under way goes on for a direct path.
   *
   * @return the attempts that have ended
   */
  public List<Attempt> onRelayed() {
    if (state == State.RACING) {
      state = nothingLeft() ? State.OVER : State.IMPROVING;
    }
    return inOrderOfStart();
  }

  /** Nobody needs the result any more. */
  public List<Effect> onCancelled(Instant now) {
    if (state == State.OVER) {
      return List.of();
    }
    List<Effect> effects = new ArrayList<>();
    giveUp(all(), Attempt.Outcome.LOST, Reason.CANCELLED, now, effects);
    state = State.OVER;
    return effects;
  }

  private void startWhatIsDue(Instant now, List<Effect> effects) {
    for (Lane lane : List.of(tcp, quic)) {
      while (!lane.waiting.isEmpty() && !now.isBefore(lane.due)) {
        Candidate candidate = lane.waiting.remove();
        Candidate next = lane.waiting.peek();
        lane.due = now.plus(next == null ? STAGGER : stagger(candidate, next));
        running.put(candidate, now);
        effects.add(new Effect.Start(candidate));
      }
    }
  }

  private boolean nothingLeft() {
    return running.isEmpty() && tcp.waiting.isEmpty() && quic.waiting.isEmpty();
  }

  private List<Candidate> all() {
    tcp.waiting.clear();
    quic.waiting.clear();
    return List.copyOf(running.keySet());
  }

  private List<Candidate> quic() {
    quic.waiting.clear();
    return running.keySet().stream().filter(it -> it.transport() == Transport.QUIC).toList();
  }

  private void giveUp(
      List<Candidate> given,
      Attempt.Outcome outcome,
      Reason reason,
      Instant now,
      List<Effect> effects) {
    for (Candidate candidate : given) {
      Instant started = running.remove(candidate);
      if (started != null) {
        record(candidate, started, now, outcome, Optional.of(reason), "");
        effects.add(new Effect.Cancel(candidate));
      }
    }
  }

  /** Nothing is left to try. */
  private void finish(List<Effect> effects) {
    if (state == State.RACING) {
      List<Attempt> told = inOrderOfStart();
      effects.add(new Effect.Failed(tellsMost(told), told));
    }
    state = State.OVER;
  }

  /** Proofs of who is there tell more than refusals, and those more than silence. */
  public static Reason tellsMost(List<Attempt> attempts) {
    Reason best = Reason.NO_CANDIDATES;
    int bestRank = -1;
    for (Attempt attempt : attempts) {
      Reason reason = attempt.reason().orElse(Reason.TIMEOUT);
      int rank =
          switch (reason) {
            case UNREACHABLE -> 0;
            case TIMEOUT -> 1;
            case RELAY_REFUSED -> 2;
            case REFUSED -> 3;
            case PATH_LOST -> 4;
            default -> 5;
          };
      if (rank > bestRank) {
        best = reason;
        bestRank = rank;
      }
    }
    return best;
  }

  private void record(
      Candidate candidate,
      Instant started,
      Instant now,
      Attempt.Outcome outcome,
      Optional<Reason> reason,
      String detail) {
    attempts.add(
        new Attempt(
            candidate,
            Path.Method.of(candidate.address()),
            Duration.between(began, started),
            Duration.between(began, now),
            outcome,
            reason,
            detail));
  }

  private List<Attempt> inOrderOfStart() {
    return attempts.stream().sorted((a, b) -> a.started().compareTo(b.started())).toList();
  }
}
