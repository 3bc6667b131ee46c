package dev.crust.natlab.junit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a test wants to read in the report of its failure. Thread-safe. */
public final class EventLog {
  private final List<String> lines = new ArrayList<>();

  EventLog() {}

  /**
   * Adds a line with the time of day.
   *
   * @param who the host it is about
   */
  public synchronized void add(String who, String what) {
    lines.add(Instant.now() + " " + who + " " + what);
  }

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }
}
