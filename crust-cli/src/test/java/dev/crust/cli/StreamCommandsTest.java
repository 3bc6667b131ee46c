package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that use streams, as processes: {@code bench}, and transports of choice. */
final class StreamCommandsTest {
  private static final String BOTH = "tcp://127.0.0.1:0,quic://127.0.0.1:0";

  private final Path home;

  StreamCommandsTest(@TempDir Path home) {
    this.home = home;
  }

  private CrustProcess start(String command, String... args) throws IOException {
    return CrustProcess.start(
        home,
        Stream.concat(
                Stream.of(command, "--ephemeral", "--no-beacon", "--listen", BOTH), Stream.of(args))
            .toArray(String[]::new));
  }

  @Test
  void benchMeasuresBothWays() throws Exception {
    try (CrustProcess node = start("node", "--accept-bench");
        CrustProcess bench = start("bench", node.address(), "--seconds", "1")) {
      assertThat(bench.exitCode()).as(bench.errors()).isZero();
      for (String direction : new String[] {"up", "down"}) {
        JsonNode measured =
            bench.await("bench", it -> it.get("direction").asText().equals(direction));
        assertThat(measured.get("mbytesPerSecond").asDouble()).isPositive();
        assertThat(measured.at("/path/transport").asText()).isEqualTo("tcp");
      }
    }
  }

  @Test
  void benchSaysThatANodeDoesNotServeIt() throws Exception {
    try (CrustProcess node = start("node");
        CrustProcess bench = start("bench", node.address(), "--seconds", "1")) {
      assertThat(bench.exitCode()).isEqualTo(1);
      assertThat(bench.errors()).contains("--accept-bench");
    }
  }

  @Test
  void pingByQuicAlone() throws Exception {
    try (CrustProcess node = start("node");
        CrustProcess ping = start("ping", node.address(), "--transport", "quic", "-c", "2")) {
      assertThat(ping.exitCode()).as(ping.errors()).isZero();
      assertThat(ping.events("pong"))
          .hasSize(2)
          .allSatisfy(pong -> assertThat(pong.at("/path/transport").asText()).isEqualTo("quic"));
      assertThat(node.await("listening").get("candidates"))
          .extracting(it -> it.asText().substring(0, 4))
          .containsExactly("tcp:", "quic");
    }
  }
}
