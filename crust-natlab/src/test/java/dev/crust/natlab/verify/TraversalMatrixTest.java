package dev.crust.natlab.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.natlab.verify.Traversal.Leg;
import dev.crust.natlab.verify.Traversal.Outcome;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchBudget;
import dev.crust.spi.Protocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Introduction, plan and punching reach what NATLAB's tables say that simple punching reaches, and
 * send nothing where it reaches nothing: every pair of places, by UDP and by TCP at once, with 20
 * seeds. Both sides find out for themselves what stands before them. A seed gives ports, jitter,
 * lags, roles, and to every fourth traversal lines that lose packets.
 *
 * <p>Routers that answer RST or accept stand before those pairs that punch; the others send them
 * nothing. Two gaps are known: what lets out port 443 alone is not told from what lets out no TCP
 * at all, and how TCP ports are allocated is not found out; neither opens a way.
 *
 * <p>What each cell took is in {@code target/natlab/traversal-matrix.txt}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TraversalMatrixTest {
  private static final int SEEDS = 20;
  private static final Set<Protocol> BOTH = Set.of(Protocol.UDP, Protocol.TCP);
  private static final Path TIMES = Path.of("target", "natlab", "traversal-matrix.txt");

  /** At the median, between peers 40 ms apart, or 60. */
  private static final Duration USUAL = Duration.ofMillis(300);

  /** Between peers 80 ms apart; and of each seed whose lines lose nothing, lags aside. */
  private static final Duration SOON = Duration.ofMillis(350);

  private static final Duration WORST = Duration.ofSeconds(3);

  /** Row D9. */
  private static final int MOST_PACKETS = 1500;

  private final Traversal traversal = new Traversal();
  private final Map<String, String> times = new ConcurrentSkipListMap<>();

  static List<MatrixCell> cells() {
    return MatrixCell.all();
  }

  @ParameterizedTest
  @MethodSource("cells")
  @Execution(CONCURRENT)
  void every_pair(MatrixCell cell) {
    List<Outcome> outcomes = new ArrayList<>();
    for (long seed = 1; seed <= SEEDS; seed++) {
      outcomes.add(one(cell, seed));
    }
    for (Protocol protocol : Protocol.values()) {
      if (cell.direct(protocol)) {
        checkTimes(cell, protocol, outcomes);
      }
    }
  }

  /** Seeds that have failed once, as the first line of the failure names them. */
  @ParameterizedTest
  @CsvSource({
    "addr-restricted x symmetric DROP, 20",
    "full-cone x cgn port-restricted+symmetric RST, 20",
  })
  void one_seed(String cell, long seed) {
    one(MatrixCell.of(cell), seed);
  }

  @Test
  void a_seed_is_one_traversal_whoever_the_two_are() {
    MatrixCell cell = MatrixCell.of("addr-restricted x symmetric RST");
    StringBuilder first = new StringBuilder();
    StringBuilder second = new StringBuilder();
    run(cell, 20, line -> first.append(line).append('\n'));
    Circumstances same = cell.circumstances(20);
    new Traversal()
        .run(
            cell.one(),
            cell.other(),
            cell.unsolicited(),
            BOTH,
            same,
            line -> second.append(line).append('\n'));
    assertThat(first.toString()).isEqualTo(second.toString());
  }

  private Outcome one(MatrixCell cell, long seed) {
    Outcome outcome = run(cell, seed, line -> {});
    try {
      for (Protocol protocol : Protocol.values()) {
        if (cell.direct(protocol)) {
          checkDirect(cell, outcome.by(protocol), cell.circumstances(seed));
        } else {
          checkRefused(cell, protocol, outcome);
        }
      }
      outcome.ledgers().forEach(TraversalMatrixTest::checkBudget);
    } catch (AssertionError e) {
      StringBuilder log = new StringBuilder();
      run(cell, seed, line -> log.append(line).append('\n'));
      String first = cell + ", " + seed;
      throw new AssertionError(
          String.join("\n", first, e.getMessage(), outcome.explanation(), log), e);
    }
    return outcome;
  }

  private Outcome run(MatrixCell cell, long seed, Consumer<String> log) {
    return traversal.run(
        cell.one(), cell.other(), cell.unsolicited(), BOTH, cell.circumstances(seed), log);
  }

  private static void checkDirect(MatrixCell cell, Leg leg, Circumstances circumstances) {
    assertThat(leg.connected()).as("connected").isTrue();
    assertThat(leg.time()).isLessThanOrEqualTo(WORST);
    if (cell.unsolicited() == Unsolicited.DROP && circumstances.loss() == 0) {
      assertThat(leg.time().minus(circumstances.lags())).isLessThanOrEqualTo(SOON);
    }
  }

  private static void checkRefused(MatrixCell cell, Protocol protocol, Outcome outcome) {
    assertThat(outcome.by(protocol).obstacle().map(Plan.Step.NoWay::obstacle))
        .as(protocol.toString())
        .contains(cell.obstacle(protocol));
    assertThat(outcome.by(protocol).connected()).as("connected by " + protocol).isFalse();
    assertThat(outcome.spent(protocol)).as("sent by " + protocol).isZero();
  }

  private static void checkBudget(PunchLedger ledger) {
    assertThat(ledger.flows()).isLessThanOrEqualTo(PunchBudget.FLOWS_PER_SECOND);
    assertThat(ledger.packets(Protocol.UDP) + ledger.packets(Protocol.TCP))
        .isLessThanOrEqualTo(MOST_PACKETS);
    assertThat(ledger.mostUnanswered()).isLessThanOrEqualTo(PunchBudget.VOUCHED_PACKETS);
  }

  private void checkTimes(MatrixCell cell, Protocol protocol, List<Outcome> outcomes) {
    List<Duration> sorted =
        outcomes.stream().map(outcome -> outcome.by(protocol).time()).sorted().toList();
    Duration median = sorted.get(SEEDS / 2);
    times.put(
        cell + " " + protocol,
        "median %d ms, worst %d ms".formatted(median.toMillis(), sorted.get(SEEDS - 1).toMillis()));
    assertThat(median).as(cell + " " + protocol).isLessThanOrEqualTo(cell.far() ? SOON : USUAL);
  }

  @AfterAll
  void write_down_times() throws IOException {
    List<String> lines = new ArrayList<>();
    times.forEach((cell, time) -> lines.add(cell + ": " + time));
    Files.createDirectories(TIMES.getParent());
    Files.write(TIMES, lines);
  }
}
