package dev.crust.natlab.scenario;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units, as scenarios write them: {@code 10ms}, {@code 2%}, {@code 20mbit}. */
final class Quantity {
  private static final Pattern FORM = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)([a-z%]*)");

  private Quantity() {}

  static int integer(String word) {
    try {
      return Integer.parseInt(word);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + word + "' is no number", e);
    }
  }

  static Duration duration(String word) {
    Matcher parts = parts(word, "a time such as 10ms or 2s");
    long nanos =
        switch (parts.group(2)) {
          case "us" -> 1_000L;
          case "ms" -> 1_000_000L;
          case "s" -> 1_000_000_000L;
          case "min" -> 60_000_000_000L;
          default -> throw not(word, "a time such as 10ms or 2s");
        };
    return Duration.ofNanos(scaled(parts, nanos));
  }

  static double share(String word) {
    Matcher parts = parts(word, "a share such as 2%");
    if (!parts.group(2).equals("%")) {
      throw not(word, "a share such as 2%");
    }
    return new BigDecimal(parts.group(1)).movePointLeft(2).doubleValue();
  }

  static long rate(String word) {
    Matcher parts = parts(word, "a rate such as 20mbit");
    return switch (parts.group(2)) {
      case "bit" -> scaled(parts, 1);
      case "kbit" -> scaled(parts, 1_000);
      case "mbit" -> scaled(parts, 1_000_000);
      case "gbit" -> scaled(parts, 1_000_000_000);
      default -> throw not(word, "a rate such as 20mbit");
    };
  }

  static int bytes(String word) {
    Matcher parts = parts(word, "a size such as 64kb");
    long size =
        switch (parts.group(2)) {
          case "", "b" -> scaled(parts, 1);
          case "kb" -> scaled(parts, 1024);
          case "mb" -> scaled(parts, 1024 * 1024);
          default -> throw not(word, "a size such as 64kb");
        };
    if (size > Integer.MAX_VALUE) {
      throw not(word, "a size below 2 GiB");
    }
    return (int) size;
  }

  static String text(Duration time) {
    long nanos = time.toNanos();
    if (nanos % 1_000_000_000 == 0) {
      return nanos / 1_000_000_000 + "s";
    }
    return nanos % 1_000_000 == 0 ? nanos / 1_000_000 + "ms" : decimal(nanos, 3) + "us";
  }

  static String text(double share) {
    return BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString() + "%";
  }

  static String rateText(long bitsPerSecond) {
    if (bitsPerSecond % 1_000_000 == 0) {
      return bitsPerSecond / 1_000_000 + "mbit";
    }
    return bitsPerSecond % 1_000 == 0 ? bitsPerSecond / 1_000 + "kbit" : bitsPerSecond + "bit";
  }

  static String bytesText(int bytes) {
    return bytes % 1024 == 0 ? bytes / 1024 + "kb" : bytes + "b";
  }

  private static String decimal(long value, int places) {
    return BigDecimal.valueOf(value, places).stripTrailingZeros().toPlainString();
  }

  private static Matcher parts(String word, String wanted) {
    Matcher parts = FORM.matcher(word);
    if (!parts.matches()) {
      throw not(word, wanted);
    }
    return parts;
  }

  private static long scaled(Matcher parts, long unit) {
    return new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(unit)).longValue();
  }

  private static IllegalArgumentException not(String word, String wanted) {
    return new IllegalArgumentException("'" + word + "' is not " + wanted);
  }
}
