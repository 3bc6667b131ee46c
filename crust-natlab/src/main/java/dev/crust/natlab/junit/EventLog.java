package dev.crust.natlab.junit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What a test wants to read in the report of its failure. Thread-safe. */
public final class EventLog {
  private final List<String> lines = new ArrayList<>();
  private final Map<String, Supplier<String>> endings = new LinkedHashMap<>();

  EventLog() {}

  /**
   * Adds a line with the time of day.
   *
   * @param who the host it is about
   */
  public synchronized void add(String who, String what) {
    lines.add(Instant.now() + " " + who + " " + what);
  }

  /**
   * Adds a text that is asked for when the test has failed.
   *
   * @param title what it is, told from other such texts
   */
  public synchronized void addAtEnd(String title, Supplier<String> text) {
    endings.put(title, text);
  }

  /** All of it. */
  synchronized String text() {
    StringBuilder all = new StringBuilder();
    lines.forEach(line -> all.append(line).append('\n'));
    endings.forEach(
        (title, ending) -> {
          String text = ending.get();
          if (!text.isBlank()) {
            all.append("== ").append(title).append('\n').append(text.strip()).append('\n');
          }
        });
    return all.toString();
  }
}
