package dev.crust.driver;

/**
 * What a connection's user may have sent and not seen acknowledged, in charged bytes. Bounds the
 * sender's memory when the receiver is slow. Used by user threads, which may wait, and given back
 * to by the connection's loop, which never does.
 */
final class SendBudget {
  private final long limit;
  private long used;
  private int waiting;
  private boolean closed;

  SendBudget(long limit) {
    this.limit = limit;
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
    used += charge;
  }

  /** Takes from the budget if that is possible at once. */
  synchronized boolean tryTake(long charge) {
    if (!closed && !fits(charge)) {
      return false;
    }
    used += charge;
    return true;
  }

  private boolean fits(long charge) {
    return used == 0 || used + charge <= limit;
  }

  /**
   * Gives back. Whoever waits is woken when half is free: waking it for each message would cost
   * more than the message.
   */
  synchronized void give(long charge) {
    used -= charge;
    if (waiting > 0 && used <= limit / 2) {
      notifyAll();
    }
  }

  /** Nobody waits from now on: the connection is over, and what is sent fails by itself. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
