package dev.crust.driver;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads on which an endpoint calls its user, unless the user brings an executor. As many as
 * are busy at once, and never more than one for each connection and each subscriber, since each of
 * those is called by one thread at a time.
 */
final class UserThreads implements Executor, AutoCloseable {
  private final ThreadPoolExecutor pool;

  UserThreads(String name) {
    AtomicInteger count = new AtomicInteger();
    pool =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            5,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public void execute(Runnable task) {
    pool.execute(task);
  }

  /** Lets what is under way and what is queued finish; the threads then end. */
  @Override
  public void close() {
    pool.shutdown();
  }
}
