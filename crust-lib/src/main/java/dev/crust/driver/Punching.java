package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.proto.punch.PunchReport;
import dev.crust.spi.Protocol;
import java.util.List;
import java.util.Optional;

/**
 * What came of punching by one protocol in one round, if not a path.
 *
 * @param protocol the protocol
 * @param sentence for people
 * @param attempts what was tried since the first round
 */
record Punching(Protocol protocol, String sentence, List<Attempt> attempts) {
  /** Who wants to know. On the control loop. */
  interface Ear {
    /** A round has ended, or what it had opened has closed. */
    void failed(Punching what);
  }

  /** By a machine's own account. */
  static Punching of(PunchReport report) {
    return new Punching(report.protocol(), report.sentence(), attempts(report));
  }

  /** Without any. */
  static Punching of(Protocol protocol, String sentence) {
    return new Punching(protocol, sentence, List.of());
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
