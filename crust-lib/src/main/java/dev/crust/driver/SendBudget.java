package dev.crust.driver;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a connection's user may have sent and not seen acknowledged, in charged bytes. Bounds the
 * sender's memory when the receiver is slow. Used by user threads, which may wait, and given back
 * to by the connection's loop, which never does. Those who wait are served in order of arrival.
 */
final class SendBudget {
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition roomier = lock.newCondition();
  private final long limit;
  private long used;
  private boolean closed;

  SendBudget(long limit) {
    this.limit = limit;
  }

  /**
   * Takes from the budget, waiting as long as it must; a single charge may exceed an unused budget.
   */
  void take(long charge) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed && !fits(charge)) {
        roomier.await();
      }
      used += charge;
    } finally {
      lock.unlock();
    }
  }

  /** Takes from the budget if that is possible at once. */
  boolean tryTake(long charge) {
    lock.lock();
    try {
      if (!closed && !fits(charge)) {
        return false;
      }
      used += charge;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean fits(long charge) {
    return used == 0 || used + charge <= limit;
  }

  /** Gives back. */
  void give(long charge) {
    lock.lock();
    try {
      used -= charge;
      roomier.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nobody waits from now on: the connection is over, and what is sent fails by itself. */
  void close() {
    lock.lock();
    try {
      closed = true;
      roomier.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
