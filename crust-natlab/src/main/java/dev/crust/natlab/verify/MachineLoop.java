package dev.crust.natlab.verify;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Runs one machine on the calling thread: sleeps until a channel is ready or the machine is due.
 */
final class MachineLoop {
  /** Reads from a channel that is ready. */
  interface Ready {
    void on(SelectionKey key) throws IOException;
  }

  /** Wakes the machine. */
  interface Wake {
    void run() throws IOException;
  }

  private static final Duration LONGEST = Duration.ofMinutes(5);

  private MachineLoop() {}

  /**
   * Runs until the machine wants to be woken no more.
   *
   * @throws IllegalStateException if that takes more than 5 minutes
   */
  static void run(Selector selector, Supplier<Instant> deadline, Wake wake, Ready ready)
      throws IOException {
    Instant end = RealClock.now().plus(LONGEST);
    while (!deadline.get().equals(Instant.MAX)) {
      Instant now = RealClock.now();
      if (now.isAfter(end)) {
        throw new IllegalStateException("the machine did not end");
      } else if (!now.isBefore(deadline.get())) {
        wake.run();
      } else {
        wait(selector, Duration.between(now, deadline.get()), ready);
      }
    }
  }

  /** Waits for ready channels, not longer than this, and lets them be read. */
  static void wait(Selector selector, Duration atMost, Ready ready) throws IOException {
    selector.select(Math.min(1000, atMost.toMillis() + 1));
    List<SelectionKey> keys = new ArrayList<>(selector.selectedKeys());
    selector.selectedKeys().clear();
    for (SelectionKey key : keys) {
      if (key.isValid()) {
        ready.on(key);
      }
    }
  }
}
