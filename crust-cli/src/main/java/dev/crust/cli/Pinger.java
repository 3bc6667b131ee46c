package dev.crust.cli;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.Reason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Pings over one connection again and again. Blocks its caller. */
final class Pinger {
  /** How a series ended. */
  enum End {
    /** All answers came, or one after which no more were wanted. */
    DONE,
    /** Time ran out. */
    TIME
  }

  private final Connection connection;
  private final Duration interval;

  private final Semaphore wakes;

  Pinger(Connection connection, Duration interval) {
    this(connection, interval, new Semaphore(0));
  }

  /**
   * Pings.
   *
   * @param wakes where a permit turns up, the next ping is due
   */
  Pinger(Connection connection, Duration interval, Semaphore wakes) {
    this.connection = connection;
    this.interval = interval;
    this.wakes = wakes;
    var unused = connection.closed().thenRun(wakes::release);
  }

  /**
   * Pings until the time is over or enough is enough.
   *
   * @param limit the time for all of it
   * @param each is told of every answer, and says whether to go on
   * @throws ConnectionLostException if the connection ends meanwhile
   */
  End run(Duration limit, Predicate<Notice.Ponged> each)
      throws ConnectionLostException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    for (int seq = 1; ; seq++) {
      long next = System.nanoTime() + interval.toNanos();
      Connection.Pong pong;
      try {
        pong =
            connection
                .ping()
                .toCompletableFuture()
                .get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        return End.TIME;
      } catch (ExecutionException e) {
        throw lost(e);
      }
      if (!each.test(new Notice.Ponged(connection.peer(), seq, pong))) {
        return End.DONE;
      }
      if (next >= end) {
        while (System.nanoTime() < end) {
          pause(end);
        }
        return End.TIME;
      }
      pause(next);
    }
  }

  /** Waits, but no longer than the path and the connection last. */
  private void pause(long until) throws ConnectionLostException, InterruptedException {
    if (wakes.tryAcquire(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      wakes.drainPermits();
    }
    CompletableFuture<Reason> closed = connection.closed().toCompletableFuture();
    if (closed.isDone()) {
      throw new ConnectionLostException(closed.join(), "");
    }
  }

  private static ConnectionLostException lost(ExecutionException e) {
    if (e.getCause() instanceof ConnectionLostException lost) {
      return lost;
    }
    throw new IllegalStateException(e.getCause());
  }
}
