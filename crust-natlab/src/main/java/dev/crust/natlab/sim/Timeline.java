package dev.crust.natlab.sim;

import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;

/**
 * The virtual clock and what is due when. Things due at one instant happen in the order in which
 * they were planned.
 */
final class Timeline {
  private record Due(long at, long order, Runnable action) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Due> queue = new PriorityQueue<>();
  private long now;
  private long planned;
  private long done;

  /** Nanoseconds since the start. */
  long nanos() {
    return now;
  }

  /** The start is the epoch. */
  Instant now() {
    return Instant.EPOCH.plusNanos(now);
  }

  /** How many things have happened. */
  long done() {
    return done;
  }

  void at(long nanos, Runnable action) {
    queue.add(new Due(Math.max(nanos, now), planned++, action));
  }

  void after(Duration delay, Runnable action) {
    at(now + delay.toNanos(), action);
  }

  /** Lets the next thing happen if it is due by then; says whether there was one. */
  boolean step(long until) {
    Due next = queue.peek();
    if (next == null || next.at() > until) {
      return false;
    }
    queue.remove();
    now = next.at();
    done++;
    next.action().run();
    return true;
  }

  /** Moves the clock, past nothing that is due. */
  void advance(long to) {
    now = Math.max(now, to);
  }
}
