package dev.crust.bench;

import java.io.PrintWriter;
import java.util.Locale;

/** Figures for people: medians with their ranges, in columns. */
final class Table implements Report {
  private final PrintWriter out;

  Table(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void begin(String machine) {
    out.println(machine);
    row("median (least to most)", "bare", "crust", "ratio", "target", "");
  }

  @Override
  public void figure(Figure figure) {
    row(
        figure.unit().isEmpty() ? figure.name() : figure.name() + ", " + figure.unit(),
        figure.bare().map(Table::text).orElse("-"),
        text(figure.crust()),
        figure.ratio().isPresent()
            ? String.format(Locale.ROOT, "%.2f", figure.ratio().getAsDouble())
            : "-",
        figure.target().map(Target::toString).orElse("-"),
        figure.met().map(met -> met ? "met" : "MISSED").orElse(""));
  }

  @Override
  public void failed(String measurement, String sentence) {
    out.println(measurement + ": not measured: " + sentence);
    out.flush();
  }

  private void row(Object... cells) {
    String row = String.format(Locale.ROOT, "%-60s  %-22s  %-22s  %5s  %-14s  %s", cells);
    out.println(row.stripTrailing());
    out.flush();
  }

  private static String text(Samples samples) {
    return samples.values().size() == 1
        ? number(samples.median())
        : "%s (%s to %s)"
            .formatted(number(samples.median()), number(samples.min()), number(samples.max()));
  }

  /** About three digits that count, and all before the point. */
  static String number(double value) {
    double size = Math.abs(value);
    String format =
        size >= 100 || value == Math.rint(value) ? "%.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, size < 0.01 && value != 0 ? "%.4f" : format, value);
  }
}
