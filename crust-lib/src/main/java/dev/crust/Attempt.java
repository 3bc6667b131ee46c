package dev.crust;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * One try of a dial, told afterwards.
 *
 * @param candidate where to
 * @param method how
 * @param started when it began, since the dial began
 * @param ended when it ended, since the dial began
 * @param outcome what became of it
 * @param reason why it did not win; empty if it did
 * @param detail the reason in particular, for people; may be empty
 */
public record Attempt(
    Candidate candidate,
    Path.Method method,
    Duration started,
    Duration ended,
    Outcome outcome,
    Optional<Reason> reason,
    String detail) {

  /** What became of an attempt. */
  public enum Outcome {
    /** The connection uses it. */
    WON,
    /** It was given up because another won. */
    LOST,
    /** It failed by itself. */
    FAILED;

    /** The stable name: lower case. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** For people: {@code tcp://198.51.100.10:4001 failed after 12 ms: refused}. */
  @Override
  public String toString() {
    String why =
        reason.map(r -> ": " + r).orElse("") + (detail.isEmpty() ? "" : " (" + detail + ")");
    return "%s %s after %d ms%s"
        .formatted(candidate, outcome, ended.minus(started).toMillis(), why);
  }
}
