package dev.crust.natlab.scenario;

import java.util.List;

/** The words of one line, read from left to right. */
final class Words {
  private final List<String> words;
  private int next;

  Words(String line) {
    words = List.of(line.strip().split("\\s+"));
  }

  boolean hasNext() {
    return next < words.size();
  }

  String next(String wanted) {
    if (!hasNext()) {
      throw new IllegalArgumentException(
          "%s is missing after '%s'".formatted(wanted, words.get(next - 1)));
    }
    return words.get(next++);
  }

  /** Takes the next word if it is this one. */
  boolean take(String word) {
    boolean taken = hasNext() && words.get(next).equals(word);
    if (taken) {
      next++;
    }
    return taken;
  }

  void end() {
    if (hasNext()) {
      throw new IllegalArgumentException("'" + words.get(next) + "' is not understood here");
    }
  }
}
