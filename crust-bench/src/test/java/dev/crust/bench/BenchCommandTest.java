package dev.crust.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crust.natlab.kernel.Lab;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole command at sizes that say nothing: that it measures, prints, and ends. */
@Timeout(240)
final class BenchCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Run(int code, List<String> lines) {
    static Run of(String... arguments) {
      StringWriter out = new StringWriter();
      int code = BenchCommand.run(new PrintWriter(out, true), arguments);
      return new Run(code, out.toString().lines().toList());
    }

    List<JsonNode> figures() throws IOException {
      List<JsonNode> figures = new ArrayList<>();
      for (String line : lines.subList(1, lines.size())) {
        figures.add(JSON.readTree(line));
      }
      return figures;
    }
  }

  @Test
  void side_by_side() throws Exception {
    Run run =
        Run.of(
            "stream messages stream-quic messages-quic ping-quic --json --rounds 1 --mib 1 --round-trips 5"
                .split(" ", -1));
    assertThat(run.code()).as(run.toString()).isZero();
    assertThat(JSON.readTree(run.lines().get(0)).get("machine").asText()).contains("processors");
    List<JsonNode> figures = run.figures();
    assertThat(figures.stream().map(it -> it.path("figure").asText()))
        .hasSize(4 * 4 + 6)
        .doesNotHaveDuplicates()
        .contains(
            "stream over tcp, 16 KiB writes: rate",
            "stream over tcp, 64 KiB writes: CPU",
            "messages over quic, 64 KiB writes: rate",
            "64 B over quic, ping: p50");
    assertThat(figures)
        .allSatisfy(
            figure -> {
              assertThat(figure.path("unit").asText()).isIn("MB/s", "s/GB", "us");
              assertThat(figure.path("bare").path("rounds").asInt()).isEqualTo(1);
              assertThat(figure.path("crust").path("median").isNumber()).isTrue();
              assertThat(figure.has("ratio")).isTrue();
              assertThat(figure.has("met")).isEqualTo(figure.has("target"));
            });
  }

  @Test
  void in_a_table() {
    Run run = Run.of("ping", "--rounds=2", "--round-trips=3");
    assertThat(run.code()).as(run.toString()).isZero();
    assertThat(run.lines()).hasSize(2 + 6);
    assertThat(run.lines().get(0)).startsWith("Java ");
    assertThat(run.lines().get(1)).contains("bare").contains("crust").contains("ratio");
    assertThat(run.lines().get(2))
        .matches(
            "64 B over tcp, message until acknowledged: p50, us +\\d+.* \\(.* to .*\\).*(met|MISSED)");
  }

  @Test
  void idle_connections() throws Exception {
    Run run = Run.of("heap idle --json --rounds=1 --heap=4 --idle=5 --minutes=0.01".split(" ", -1));
    assertThat(run.code()).as(run.toString()).isZero();
    JsonNode heap = run.figures().get(0);
    assertThat(heap.path("figure").asText()).isEqualTo("heap of an idle connection's end");
    assertThat(heap.path("bare").path("median").isNumber()).isTrue();
    assertThat(run.figures())
        .filteredOn(it -> it.path("unit").asText().isEmpty() && it.has("target"))
        .hasSize(4)
        .allSatisfy(figure -> assertThat(figure.path("met").asBoolean()).isTrue());
  }

  @Test
  void urgent_messages_on_a_busy_line() throws Exception {
    Optional<String> missing = Lab.missing();
    assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
    Run run = Run.of("priority", "--json", "--rounds=1", "--seconds=1");
    assertThat(run.code()).as(run.toString()).isZero();
    assertThat(run.figures().stream().map(it -> it.path("figure").asText()))
        .containsExactly(
            "urgent message beside bulk over tcp: p50",
            "urgent message beside bulk over tcp: p99",
            "urgent message beside bulk over tcp: longest",
            "urgent message beside bulk over tcp: the bulk");
    // There is no way around 10 ms of wire.
    assertThat(run.figures().get(0).path("crust").path("min").asDouble()).isGreaterThan(10);
  }

  @Test
  void what_cannot_be_meant() {
    assertThat(Run.of("--rounds=0")).isEqualTo(new Run(2, List.of()));
    assertThat(Run.of("--minutes=NaN")).isEqualTo(new Run(2, List.of()));
    assertThat(Run.of("speed")).isEqualTo(new Run(2, List.of()));
  }
}
