package dev.crust.proto.dial;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Races connection attempts to one peer (RFC 8305 §5): the candidates one after the other, each a
 * little after the one before or as soon as that has failed; the first that succeeds wins and the
 * others are given up.
 *
 * <table>
 * <caption>Transitions</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>racing</td><td>a candidate's turn</td><td>Start</td><td>racing</td></tr>
 * <tr><td>racing</td><td>an attempt fails, others are left</td><td>Start of the next at once</td><td>racing</td></tr>
 * <tr><td>racing</td><td>the last attempt fails</td><td>Failed</td><td>over</td></tr>
 * <tr><td>racing</td><td>an attempt succeeds</td><td>Cancel of the others, Won</td><td>over</td></tr>
 * <tr><td>racing</td><td>the time allowed is over</td><td>Cancel of all, Failed(timeout)</td><td>over</td></tr>
 * <tr><td>over</td><td>anything</td><td>none</td><td>over</td></tr>
 * </table>
 */
public final class DialRace {
  /** Between two starts (RFC 8305 §8). */
  public static final Duration STAGGER = Duration.ofMillis(250);

  /** Between two starts where both are on a LAN, which answers sooner. */
  public static final Duration LAN_STAGGER = Duration.ofMillis(30);

  /** What is to be done. */
  public sealed interface Effect {
    /** Try this candidate. */
    record Start(Candidate candidate) implements Effect {}

    /** Give this attempt up, without a trace at the other side. */
    record Cancel(Candidate candidate) implements Effect {}

    /** The race is over: use this one. */
    record Won(Candidate candidate, List<Attempt> attempts) implements Effect {}

    /** The race is over: none worked. */
    record Failed(Reason reason, List<Attempt> attempts) implements Effect {}
  }

  private final Instant began;
  private final Instant end;
  private final ArrayDeque<Candidate> waiting;
  private final Map<Candidate, Instant> running = new LinkedHashMap<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private Instant nextStart;
  private boolean over;

  /** A race over these candidates, most promising first, that may take this long. */
  public DialRace(List<Candidate> candidates, Duration timeout, Instant now) {
    this.waiting = new ArrayDeque<>(new LinkedHashSet<>(candidates));
    this.began = now;
    this.nextStart = now;
    this.end = now.plus(timeout);
  }

  /** When {@link #onTimeout} should be called next; null when the race is over. */
  public @Nullable Instant deadline() {
    if (over) {
      return null;
    }
    return waiting.isEmpty() || end.isBefore(nextStart) ? end : nextStart;
  }

  /** Time has passed; also to be called once at the beginning. */
  public List<Effect> onTimeout(Instant now) {
    if (over) {
      return List.of();
    }
    List<Effect> effects = new ArrayList<>();
    if (!now.isBefore(end)) {
      giveUpOthers(Attempt.Outcome.FAILED, Reason.TIMEOUT, now, effects);
      fail(effects);
      return effects;
    }
    while (!waiting.isEmpty() && !now.isBefore(nextStart)) {
      startNext(now, effects);
    }
    if (waiting.isEmpty() && running.isEmpty()) {
      fail(effects);
    }
    return effects;
  }

  /** An attempt failed by itself. */
  public List<Effect> onFailed(Candidate candidate, Reason reason, String detail, Instant now) {
    Instant started = running.remove(candidate);
    if (over || started == null) {
      return List.of();
    }
    record(candidate, started, now, Attempt.Outcome.FAILED, Optional.of(reason), detail);
    List<Effect> effects = new ArrayList<>();
    if (!waiting.isEmpty()) {
      startNext(now, effects);
    } else if (running.isEmpty()) {
      fail(effects);
    }
    return effects;
  }

  /** An attempt succeeded. */
  public List<Effect> onConnected(Candidate candidate, Instant now) {
    Instant started = running.remove(candidate);
    if (over || started == null) {
      return List.of();
    }
    record(candidate, started, now, Attempt.Outcome.WON, Optional.empty(), "");
    List<Effect> effects = new ArrayList<>();
    giveUpOthers(Attempt.Outcome.LOST, Reason.CANCELLED, now, effects);
    over = true;
    effects.add(new Effect.Won(candidate, inOrderOfStart()));
    return effects;
  }

  /** Nobody needs the result any more. */
  public List<Effect> onCancelled(Instant now) {
    if (over) {
      return List.of();
    }
    List<Effect> effects = new ArrayList<>();
    giveUpOthers(Attempt.Outcome.LOST, Reason.CANCELLED, now, effects);
    over = true;
    return effects;
  }

  private void startNext(Instant now, List<Effect> effects) {
    Candidate candidate = waiting.remove();
    running.put(candidate, now);
    Candidate next = waiting.peek();
    boolean lan = next != null && onLan(candidate) && onLan(next);
    nextStart = now.plus(lan ? LAN_STAGGER : STAGGER);
    effects.add(new Effect.Start(candidate));
  }

  private static boolean onLan(Candidate candidate) {
    return Path.Method.of(candidate.address()) == Path.Method.HOST;
  }

  private void giveUpOthers(
      Attempt.Outcome outcome, Reason reason, Instant now, List<Effect> effects) {
    running.forEach(
        (candidate, started) -> {
          record(candidate, started, now, outcome, Optional.of(reason), "");
          effects.add(new Effect.Cancel(candidate));
        });
    running.clear();
    waiting.clear();
  }

  private void fail(List<Effect> effects) {
    over = true;
    List<Attempt> told = inOrderOfStart();
    effects.add(new Effect.Failed(tellsMost(told), told));
  }

  /** Proofs of who is there tell more than refusals, and those more than silence. */
  private static Reason tellsMost(List<Attempt> attempts) {
    Reason best = Reason.NO_CANDIDATES;
    int bestRank = -1;
    for (Attempt attempt : attempts) {
      Reason reason = attempt.reason().orElse(Reason.TIMEOUT);
      int rank =
          switch (reason) {
            case UNREACHABLE -> 0;
            case TIMEOUT -> 1;
            case REFUSED -> 2;
            case PATH_LOST -> 3;
            default -> 4;
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
