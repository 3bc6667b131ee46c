package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Happening;
import dev.crust.natlab.scenario.Timed;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Lets a scenario's happenings happen at their times, on one thread of its own. */
final class Timeline implements AutoCloseable {
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "natlab-timeline");
            made.setDaemon(true);
            return made;
          });

  Timeline(List<Timed> happenings, Consumer<Happening> action) {
    for (Timed timed : happenings) {
      Duration at = timed.at();
      // The action reports its own failures.
      var unused =
          thread.schedule(
              () -> action.accept(timed.happening()), at.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
