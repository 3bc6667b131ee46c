package dev.crust.driver;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Runs tasks one at a time, in order, on the user's executor. They must not throw. Thread-safe. */
final class Serial implements Executor {
  private final Executor executor;
  private final Queue<Runnable> waiting = new ArrayDeque<>(1);
  private boolean running;

  Serial(Executor executor) {
    this.executor = executor;
  }

  /** How many tasks wait for those before. */
  synchronized int waiting() {
    return waiting.size();
  }

  @Override
  public void execute(Runnable task) {
    synchronized (this) {
      waiting.add(task);
      if (running) {
        return;
      }
      running = true;
    }
    try {
      executor.execute(this::run);
    } catch (RejectedExecutionException closed) {
      // The endpoint is closed, or the user's executor is: nothing of it is wanted any more.
      return;
    }
  }

  private void run() {
    for (Runnable task = next(); task != null; task = next()) {
      task.run();
    }
  }

  private synchronized @Nullable Runnable next() {
    Runnable next = waiting.poll();
    running = next != null;
    return next;
  }
}
