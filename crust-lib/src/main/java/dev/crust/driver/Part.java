package dev.crust.driver;

import dev.crust.Event;
import dev.crust.driver.OwnMethod.OwnEffort;
import dev.crust.spi.Round;
import dev.crust.spi.TraversalMethod;
import dev.crust.spi.TraversalMethod.Effort;
import dev.crust.spi.TraversalMethod.Next;
import dev.crust.spi.TraversalMethod.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The part of one method in a traversal. Told on the control loop. A method of our own works there,
 * too; the code of others runs on the user's threads, and may take its time, throw, or never come
 * back: the traversal goes on without it.
 */
final class Part {
  /** Who wants to know what becomes of rounds. On the control loop. */
  interface Ear {
    /**
     * The method has no part in a round.
     *
     * @param why for people; empty if nobody would ask
     */
    void ruledOut(Part part, Round round, String why);

    /** A round of the method's has failed, or what it had come to is closed again. */
    void failed(Part part, Round round, Failing what);
  }

  /** Whoever is slower than this does not hold up what follows. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int MAX_WAITING = 16;

  private final KnownMethod known;
  private final TraversalMethod method;
  private final LocalSite.Belonging belonging;
  private final Ear ear;
  private final @Nullable Serial others;
  private final Executor runs;
  private final Alarm limit;

  /** Touched by the method's own code alone, and so by one thread at a time. */
  private @Nullable Effort effort;

  private @Nullable LocalSite site;
  private @Nullable Round current;
  private boolean begun;

  Part(KnownMethod known, LocalSite.Belonging belonging, Ear ear) {
    this.known = known;
    this.method = known.method();
    this.belonging = belonging;
    this.ear = ear;
    this.others = known.isOwn() ? null : new Serial(belonging.context().userExecutor());
    this.runs = others == null ? Runnable::run : others;
    this.limit = new Alarm(belonging.context());
  }

  /** Whether there is a connection already, which another round would disturb. */
  boolean isSecuring() {
    return others == null && effort instanceof OwnEffort own && own.isSecuring();
  }

  /** Whether nothing is under way that may become a path, as far as we can tell. */
  boolean isIdle() {
    return others == null ? !(effort instanceof OwnEffort own) || own.isIdle() : !begun;
  }

  /** A round is about to be agreed on. */
  void prepare(Round round) {
    if (isShared(round) && !isStuck()) {
      call(
          round,
          () -> {
            if (method.judge(round) instanceof Verdict.Applies) {
              effort().prepare(round);
            }
          });
    }
  }

  /** A round was agreed on. */
  void begin(Round round) {
    current = round;
    begun = true;
    limit.stop();
    if (!isShared(round)) {
      ear.ruledOut(this, round, clause("the peer does not know of it"));
    } else if (isStuck()) {
      ear.ruledOut(this, round, clause("it does not come to an end"));
    } else {
      limit(round, Duration.ZERO);
      call(round, () -> judge(round));
    }
  }

  /** Sees to it that others come to an end. */
  private void limit(Round round, Duration later) {
    if (others != null && round.equals(current)) {
      Failing late = Failing.of(clause("nothing has come of it yet"), Next.NOTHING);
      Instant due = round.start().plus(later).plus(PATIENCE);
      limit.set(due, () -> ear.failed(this, round, late));
    }
  }

  private boolean isStuck() {
    return others != null && others.waiting() > MAX_WAITING;
  }

  private String clause(String what) {
    return "by " + known.name() + ": " + what;
  }

  private boolean isShared(Round round) {
    return known.needs() == TraversalMethod.Needs.ONE_SIDE
        || round.peer().methods().contains(known.name());
  }

  private void judge(Round round) {
    Verdict verdict = method.judge(round);
    if (verdict instanceof Verdict.Applies applies) {
      Duration later = TraversalMethod.RANK_INTERVAL.multipliedBy(applies.rank());
      tell(() -> limit(round, later));
      effort().begin(round.at(round.start().plus(later)));
    } else if (verdict instanceof Verdict.DoesNot not) {
      String why = others == null || not.why().isEmpty() ? not.why() : clause(not.why());
      tell(() -> ear.ruledOut(this, round, why));
    }
  }

  private Effort effort() {
    Effort running = effort;
    if (running != null) {
      return running;
    }
    LocalSite made = new LocalSite(belonging, known.name(), this::run, this::onFailed);
    Effort started = method.start(made);
    site = made;
    effort = started;
    return started;
  }

  private void onFailed(Round round, Failing what) {
    boolean own = others == null;
    ear.failed(
        this,
        round,
        own ? what : new Failing(clause(what.sentence()), what.attempts(), what.next()));
  }

  /** There is a path. */
  void settle() {
    end(Effort::settle);
  }

  /** No further round is to come for now. */
  void close() {
    begun = false;
    end(
        running -> {
          effort = null;
          if (site != null) {
            site.close();
          }
          running.close();
        });
  }

  private void end(Consumer<Effort> how) {
    current = null;
    limit.stop();
    run(
        () -> {
          Effort running = effort;
          if (running != null) {
            how.accept(running);
          }
        });
  }

  private void call(Round round, Runnable task) {
    runs.execute(() -> guarded(task, e -> tell(() -> ear.failed(this, round, broken(e)))));
  }

  private Failing broken(Throwable thrown) {
    return Failing.of(clause("it failed: " + thrown), Next.NOTHING);
  }

  private void run(Runnable task) {
    runs.execute(() -> guarded(task, e -> {}));
  }

  /** What our own methods throw is for the loop to tell. */
  private void guarded(Runnable task, Consumer<Throwable> ended) {
    if (others == null) {
      task.run();
      return;
    }
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      String sentence = "the traversal method " + known.name() + " failed: " + e;
      belonging.context().feed().publish(new Event.Warning(sentence));
      ended.accept(e);
    }
  }

  private void tell(Runnable task) {
    EndpointContext context = belonging.context();
    if (context.control().inEventLoop()) {
      task.run();
    } else {
      context.onControl(task);
    }
  }
}
