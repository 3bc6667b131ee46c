package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Introduction;
import dev.crust.proto.punch.Plan;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalMethod;
import dev.crust.spi.TraversalMethod.Next;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Looks for a direct path to one peer together with that peer: an {@link Introduction}, and what
 * the endpoint's {@link TraversalMethod}s make of it, all at once. On the control loop.
 *
 * <table>
 * <caption>What happens when</caption>
 * <tr><th>event</th><th>what is done</th></tr>
 * <tr><td>it begins, and we are controlling</td><td>our situation is found out, then offered</td></tr>
 * <tr><td>the peer offers</td><td>our situation is found out, then answered</td></tr>
 * <tr><td>introduced</td><td>each method that applies prepares, before the signal that
 * follows</td></tr>
 * <tr><td>agreed</td><td>each method that applies begins a round; if none does, the reasons are
 * told</td></tr>
 * <tr><td>all have failed in a round, or one that does not wait for the others, and we are
 * controlling</td><td>the next round is offered, if that is of any use; after three the failure is
 * told, and after a while all begins anew</td></tr>
 * </table>
 */
final class Traversal implements Part.Ear {
  /** For whom a path is looked for. */
  interface Course {
    /** Carries a signal to the peer. */
    void send(byte[] signal);

    /**
     * What becomes of a path that is dialled.
     *
     * @param failed hears, on the control loop, why it has come to nothing
     */
    PeerPath.Fate fate(Consumer<Reason> failed);

    /** The peer can be met there, now and for a while. */
    void met(Candidate there);

    /** No path was found. */
    void failed(String sentence, List<Attempt> attempts);
  }

  /** As long may that take which is under way when a path was found: a round by TCP, and TLS. */
  private static final Duration WIND_DOWN = Duration.ofSeconds(10);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

  private final PeerId peer;
  private final EndpointContext context;
  private final Traversals all;
  private final Course course;
  private final Side side;
  private final Introduction introduction;
  private final Results results;
  private final List<Part> parts;
  private Optional<Round> round = Optional.empty();

  /** By what there may still be a path in this round. */
  private final Set<Part> hopes = new HashSet<>();

  private final List<Failing> failures = new ArrayList<>();
  private final Set<String> obstacles = new LinkedHashSet<>();
  private boolean told;
  private boolean over;
  private Duration pause = FIRST_PAUSE;
  private final Alarm timer;
  private final Alarm later;

  Traversal(PeerId peer, EndpointContext context, Traversals all, Course course) {
    this.peer = peer;
    this.context = context;
    this.all = all;
    this.course = course;
    this.side = Side.of(context.self(), peer);
    this.introduction = new Introduction(context.self(), peer, context::sign, new SecureRandom());
    this.results = new Results(peer, context, all, course);
    LocalSite.Belonging belonging = new LocalSite.Belonging(peer, context, all, course, results);
    this.parts = context.methods().stream().map(each -> new Part(each, belonging, this)).toList();
    this.over = all.isClosed();
    this.timer = new Alarm(context);
    this.later = new Alarm(context);
  }

  /** A direct path is wanted. One side asks, and each finds out where it stands meanwhile. */
  void begin() {
    if (side == Side.CONTROLLING) {
      ask();
    } else {
      all.nat().prepare();
    }
  }

  /** Asks the peer to look for a path together. */
  void ask() {
    all.nat()
        .whenKnown(
            () -> {
              if (!over) {
                run(introduction.offer(all.situation(), context.now()));
              }
            });
  }

  /** Nothing is wanted any more. What was dialled and has become a path stays. */
  void end() {
    stopLooking();
    parts.forEach(Part::close);
    results.end();
    all.ended(peer, this);
  }

  /** There is a direct path. One by TCP would be better still, so what is under way goes on. */
  void settle() {
    results.settle();
    rest();
  }

  /**
   * Nothing more is to be done; what was dialled is about to become a path, or not. It ends when
   * that has been decided.
   */
  void rest() {
    stopLooking();
    parts.forEach(Part::settle);
    if (results.isEmpty() && parts.stream().allMatch(Part::isIdle)) {
      end();
    } else {
      later.set(context.now().plus(WIND_DOWN), this::end);
    }
  }

  private void stopLooking() {
    over = true;
    timer.stop();
    later.stop();
  }

  /** Whether it looks for nothing any more, though something may still be under way. */
  boolean isOver() {
    return over;
  }

  /** A signal of the peer's has come, whoever carried it. */
  void onSignal(byte[] signal) throws MalformedMessageException {
    run(introduction.onSignal(signal, context.now()));
  }

  private void run(List<Introduction.Effect> effects) {
    for (Introduction.Effect effect : effects) {
      if (effect instanceof Introduction.Effect.Send send) {
        course.send(send.signal());
      } else if (effect instanceof Introduction.Effect.Asked asked) {
        onAsked(asked);
      } else if (effect instanceof Introduction.Effect.Introduced introduced) {
        if (!over) {
          parts.forEach(part -> part.prepare(introduced.round()));
        }
      } else if (effect instanceof Introduction.Effect.Agreed agreed) {
        onAgreed(agreed.round());
      } else if (effect instanceof Introduction.Effect.Failed failed) {
        giveUp("the peer did not agree on a way to punch: " + failed.why(), List.of());
      }
    }
    schedule();
  }

  private void onAsked(Introduction.Effect.Asked asked) {
    if (asked.round() > 1) {
      all.nat().doubt();
    }
    if (!over) {
      all.begun(peer, this);
    }
    all.nat().whenKnown(this::accept);
  }

  private void accept() {
    if (!over) {
      run(introduction.accept(all.situation(), context.now()));
    }
  }

  private void onAgreed(Round agreed) {
    if (over) {
      return;
    }
    all.begun(peer, this);
    later.stop();
    failures.clear();
    obstacles.clear();
    hopes.addAll(parts);
    round = Optional.of(agreed);
    results.onRound();
    parts.forEach(part -> part.begin(agreed));
  }

  @Override
  public void ruledOut(Part part, Round in, String why) {
    if (isOf(part, in)) {
      hopes.remove(part);
      if (!why.isEmpty()) {
        obstacles.add(why);
      }
      if (hopes.isEmpty()) {
        conclude();
      }
    }
  }

  /** Another round may begin before all have failed; those that still hope have it, too. */
  @Override
  public void failed(Part part, Round in, Failing what) {
    if (isOf(part, in)) {
      hopes.remove(part);
      failures.add(what);
      boolean waits =
          isLast() || what.next() != Next.AT_ONCE || parts.stream().anyMatch(Part::isSecuring);
      if (hopes.isEmpty() || !waits) {
        conclude();
      }
    }
  }

  private boolean isOf(Part part, Round in) {
    return !over
        && hopes.contains(part)
        && round
            .filter(it -> it.number() == in.number() && it.token().equals(in.token()))
            .isPresent();
  }

  private boolean isLast() {
    return round.map(Round::number).orElse(Plan.ROUNDS) >= Plan.ROUNDS;
  }

  private void conclude() {
    if (failures.isEmpty()) {
      giveUp("no direct path exists " + String.join("; ", obstacles), List.of());
    } else if (isLast() || failures.stream().allMatch(each -> each.next() == Next.NOTHING)) {
      String sentence =
          failures.stream().map(Failing::sentence).distinct().collect(Collectors.joining("; "))
              + obstacles.stream().map(each -> ", and " + each).collect(Collectors.joining());
      giveUp(sentence, failures.stream().flatMap(each -> each.attempts().stream()).toList());
    } else if (side == Side.CONTROLLING) {
      all.nat().doubt();
      ask();
    }
  }

  private void giveUp(String sentence, List<Attempt> attempts) {
    if (over) {
      return;
    }
    parts.stream().filter(part -> !part.isSecuring()).forEach(Part::close);
    if (!told) {
      told = true;
      course.failed(sentence, attempts);
    }
    if (side == Side.CONTROLLING && !over) {
      later.set(context.now().plus(pause), this::ask);
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }
  }

  private void schedule() {
    if (!over) {
      timer.set(introduction.deadline(), () -> run(introduction.onTimeout(context.now())));
    }
  }
}
