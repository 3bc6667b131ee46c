package dev.crust.driver;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What a connection's user may have sent and not seen acknowledged, in charged bytes. Bounds the
 * sender's memory when the receiver is slow. Used by user threads, which may wait, and given back
 * to by the connection's loop, which never does.
 */
final class SendBudget {
  /** So much is always allowed, however much all connections of the endpoint hold. */
  private static final long LEAST = 256 << 10;

  private final long limit;
  private final AtomicLong heldByAll;
  private final long limitOfAll;
  private long used;
  private int waiting;
  private boolean closed;

  /**
   * A budget, unused.
   *
   * @param heldByAll what all connections of the endpoint hold, in bytes
   * @param limitOfAll beyond which each is kept to the least
   */
  SendBudget(long limit, AtomicLong heldByAll, long limitOfAll) {
    this.limit = limit;
    this.heldByAll = heldByAll;
    this.limitOfAll = limitOfAll;
  }

  /** A budget that no other shares in. */
  static SendBudget alone(long limit) {
    return new SendBudget(limit, new AtomicLong(), Long.MAX_VALUE);
  }

  private long limitNow() {
    return heldByAll.get() > limitOfAll ? Math.min(limit, LEAST) : limit;
  }

  /**
   * Takes from the budget, waiting as long as it must; a single charge may exceed an unused budget.
   */
  synchronized void take(long charge) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    while (!closed && !fits(charge)) {
      waiting++;
      try {
        wait();
      } finally {
        waiting--;
      }
    }
    add(charge);
  }

  /** Takes from the budget if that is possible at once. */
  synchronized boolean tryTake(long charge) {
    if (!closed && !fits(charge)) {
      return false;
    }
    add(charge);
    return true;
  }

  private void add(long charge) {
    if (closed) {
      return;
    }
    used += charge;
    heldByAll.addAndGet(charge);
  }

  private boolean fits(long charge) {
    return used == 0 || used + charge <= limitNow();
  }

  /**
   * Gives back. Whoever waits is woken when half is free: waking it for each message would cost
   * more than the message.
   */
  synchronized void give(long charge) {
    if (closed) {
      return;
    }
    used -= charge;
    heldByAll.addAndGet(-charge);
    if (waiting > 0 && used <= limitNow() / 2) {
      notifyAll();
    }
  }

  /** Nobody waits from now on: the connection is over, and what is sent fails by itself. */
  synchronized void close() {
    closed = true;
    heldByAll.addAndGet(-used);
    used = 0;
    notifyAll();
  }
}
