package dev.crust.bench;

import java.util.Locale;

/**
 * What a figure should be.
 *
 * @param kind what is compared with the bound
 * @param bound in what the kind says
 */
record Target(Kind kind, double bound) {
  /** What is compared. */
  enum Kind {
    /** The median of Crust's value by the bare one's, which should not be less. */
    RATIO_AT_LEAST,
    /** The median of Crust's value by the bare one's, which should not be more. */
    RATIO_AT_MOST,
    /** By how much Crust's value is above the bare one's, in the figure's unit. */
    EXCESS_AT_MOST,
    /** Crust's value in the figure's unit, which should not be more. */
    AT_MOST,
    /** Crust's value in the figure's unit, which should not be less. */
    AT_LEAST
  }

  static Target ratioAtLeast(double bound) {
    return new Target(Kind.RATIO_AT_LEAST, bound);
  }

  static Target ratioAtMost(double bound) {
    return new Target(Kind.RATIO_AT_MOST, bound);
  }

  static Target excessAtMost(double bound) {
    return new Target(Kind.EXCESS_AT_MOST, bound);
  }

  static Target atMost(double bound) {
    return new Target(Kind.AT_MOST, bound);
  }

  static Target atLeast(double bound) {
    return new Target(Kind.AT_LEAST, bound);
  }

  boolean met(Figure figure) {
    return switch (kind) {
      case RATIO_AT_LEAST -> figure.ratio().orElseThrow() >= bound;
      case RATIO_AT_MOST -> figure.ratio().orElseThrow() <= bound;
      case EXCESS_AT_MOST -> figure.excess().orElseThrow() <= bound;
      case AT_MOST -> figure.crust().median() <= bound;
      case AT_LEAST -> figure.crust().median() >= bound;
    };
  }

  /** For people: {@code >= 0.85 bare}. */
  @Override
  public String toString() {
    return switch (kind) {
      case RATIO_AT_LEAST -> String.format(Locale.ROOT, ">= %.2f bare", bound);
      case RATIO_AT_MOST -> String.format(Locale.ROOT, "<= %.2f bare", bound);
      case EXCESS_AT_MOST -> String.format(Locale.ROOT, "<= bare + %.0f", bound);
      case AT_MOST -> String.format(Locale.ROOT, "<= %.0f", bound);
      case AT_LEAST -> String.format(Locale.ROOT, ">= %.0f", bound);
    };
  }
}
