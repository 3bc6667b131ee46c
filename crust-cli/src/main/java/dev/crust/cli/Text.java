package dev.crust.cli;

import java.time.Duration;
import java.util.Locale;

/** Text for people's eyes. */
final class Text {
  private Text() {}

  /**
   * The text on one line, without control characters: what a peer sends must not move the cursor.
   */
  static String printable(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              boolean unsafe =
                  Character.isISOControl(c)
                      || Character.getType(c) == Character.FORMAT
                      || c == 0x2028
                      || c == 0x2029;
              if (unsafe) {
                clean.append("\\u{").append(Integer.toHexString(c)).append('}');
              } else {
                clean.appendCodePoint(c);
              }
            });
    return clean.toString();
  }

  /** {@code 0.42 ms}, {@code 12 ms}, {@code 3.1 s}. */
  static String time(Duration duration) {
    double ms = duration.toNanos() / 1e6;
    if (ms < 10) {
      return String.format(Locale.ROOT, "%.2f ms", ms);
    }
    return ms < 1000
        ? String.format(Locale.ROOT, "%.0f ms", ms)
        : String.format(Locale.ROOT, "%.1f s", ms / 1000);
  }

  /** How much of something in each second of a time. */
  static double perSecond(double amount, Duration time) {
    return amount * 1e9 / Math.max(time.toNanos(), 1);
  }
}
