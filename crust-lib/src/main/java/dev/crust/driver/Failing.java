package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.proto.punch.PunchReport;
import dev.crust.spi.Protocol;
import dev.crust.spi.TraversalMethod.Next;
import java.util.List;
import java.util.Optional;

/**
 * What came of a method in one round, if not a path.
 *
 * @param sentence for people
 * @param attempts what was tried since the first round
 * @param next what is to follow
 */
record Failing(String sentence, List<Attempt> attempts, Next next) {
  /** By a machine's own account. */
  static Failing of(PunchReport report, Next next) {
    return new Failing(report.sentence(), attempts(report), next);
  }

  /** Without any. */
  static Failing of(String sentence, Next next) {
    return new Failing(sentence, List.of(), next);
  }

  private static List<Attempt> attempts(PunchReport report) {
    boolean tcp = report.protocol() == Protocol.TCP;
    return report.tries().stream()
        .map(
            each ->
                new Attempt(
                    new Candidate(tcp ? Transport.TCP : Transport.QUIC, each.candidate().address()),
                    Path.Method.PUNCHED,
                    each.began(),
                    each.ended(),
                    Attempt.Outcome.FAILED,
                    Optional.of(reason(each.outcome())),
                    "%s, %d packets".formatted(each.outcome(), each.packets())))
        .toList();
  }

  private static Reason reason(PunchReport.Outcome outcome) {
    return switch (outcome) {
      case REFUSED -> Reason.REFUSED;
      case UNREACHABLE -> Reason.UNREACHABLE;
      case WON, WORKS, SILENT, BUDGET_SPENT, OPEN -> Reason.TIMEOUT;
    };
  }
}
