package dev.crust.proto.punch;

import dev.crust.spi.Protocol;
import dev.crust.spi.TraversalCandidate;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What one protocol's punching did and what came of it.
 *
 * @param protocol the protocol
 * @param rounds how many rounds were begun
 * @param tries one for each address, in the order of their beginning
 * @param packets how many packets were sent; by TCP, how many SYNs
 * @param flows how many entries that may have taken in a router's table
 */
public record PunchReport(Protocol protocol, int rounds, List<Try> tries, int packets, int flows) {
  /** Copies the list. */
  public PunchReport {
    tries = List.copyOf(tries);
  }

  /** What became of an address. */
  public enum Outcome {
    /** This is the path. */
    WON,
    /** Works, and another was taken. */
    WORKS,
    /** Nothing came back. */
    SILENT,
    /** A refusal came back, each time. */
    REFUSED,
    /** The network knows no way there. */
    UNREACHABLE,
    /** The budget for it was spent before anything came back. */
    BUDGET_SPENT,
    /** Still under way, or given up because another won. */
    OPEN;

    /** The name in lower case with hyphens. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * One address.
   *
   * @param candidate the peer's address
   * @param began when the first packet went there, since the first round's start
   * @param ended when something was known of it last, since then
   * @param outcome what became of it
   * @param packets how many packets went there
   */
  public record Try(
      TraversalCandidate candidate, Duration began, Duration ended, Outcome outcome, int packets) {
    /** For people: {@code server-reflexive udp 198.51.100.10:4001: silent, 3 packets, 400 ms}. */
    @Override
    public String toString() {
      return "%s: %s, %d packets, %d ms"
          .formatted(candidate, outcome, packets, ended.minus(began).toMillis());
    }
  }

  /** For people. */
  public String sentence() {
    return tries.isEmpty()
        ? "punching by " + protocol + ": no address was worth a try"
        : "punching by %s, round %d of %d: %s"
            .formatted(
                protocol,
                rounds,
                Plan.ROUNDS,
                tries.stream().map(Try::toString).collect(Collectors.joining("; ")));
  }
}
