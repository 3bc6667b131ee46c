package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;

/**
 * {@code connect} and {@code node --accept-stdio} as processes: whatever is complete ends with 0,
 * and whatever is not ends with 1 and says so.
 */
@Timeout(120)
class ConnectTest {
  private final Path home;

  ConnectTest(@TempDir Path home) {
    this.home = home;
  }

  /** What both sides speak. */
  Over over() {
    return Over.TCP;
  }

  private CrustProcess start(String command, String listen, String key, String... args)
      throws IOException {
    Stream<String> identity =
        key.isEmpty()
            ? Stream.of("--ephemeral")
            : Stream.of("--identity", home.resolve(key).toString());
    return CrustProcess.start(
        home,
        Stream.of(Stream.of(command, "--no-beacon", "--listen", listen), identity, Stream.of(args))
            .flatMap(it -> it)
            .toArray(String[]::new));
  }

  private CrustProcess node() throws IOException {
    return start("node", over().listen(), "node", "--accept-stdio");
  }

  private CrustProcess connect(CrustProcess node) throws Exception {
    return start("connect", over().listen(), "caller", node.address());
  }

  private static void kill(CrustProcess process) throws Exception {
    process.signal("KILL");
    assertThat(process.exitCode()).isEqualTo(128 + 9);
  }

  /** The same identity comes back, so that nobody waits two minutes for who was killed. */
  private CrustProcess nodeAgain(CrustProcess killed, String... args) throws Exception {
    List<String> places = new ArrayList<>();
    killed.await("listening").get("candidates").forEach(place -> places.add(place.asText()));
    return start("node", String.join(",", places), "node", args);
  }

  private static byte[] data(CrustProcess process) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (JsonNode event : process.events("data")) {
      bytes.write(Base64.getDecoder().decode(event.get("base64").asText()));
    }
    return bytes.toByteArray();
  }

  private static JsonNode awaitData(CrustProcess process, String line) throws Exception {
    return process.await("data", it -> it.get("text").asText().contains(line));
  }

  private static void assertComplete(CrustProcess connect, CrustProcess node) throws Exception {
    assertThat(connect.exitCode()).as(connect.errors()).isZero();
    assertThat(connect.errors()).isEmpty();
    assertThat(reason(connect)).isEmpty();
    assertThat(reason(node)).isEmpty();
  }

  private static String reason(CrustProcess process) throws InterruptedException {
    return process.await("stream-ended").path("reason").asText();
  }

  private static void assertIncomplete(CrustProcess connect, String why) throws Exception {
    assertThat(connect.exitCode()).isEqualTo(CommandFailure.FAILED);
    assertThat(connect.errors().lines()).singleElement().asString().contains(why);
    assertThat(reason(connect)).isNotEmpty();
  }

  @Test
  @Execution(CONCURRENT)
  void allOfBoth() throws Exception {
    byte[] there = new byte[3_000_000];
    byte[] back = new byte[2_000_000];
    new Random(1).nextBytes(there);
    new Random(2).nextBytes(back);
    try (CrustProcess node = node();
        CrustProcess connect = connect(node)) {
      connect.feed(there);
      connect.endInput();
      node.feed(back);
      node.endInput();
      assertComplete(connect, node);
      assertThat(data(node)).isEqualTo(there);
      assertThat(data(connect)).isEqualTo(back);
    }
  }

  @Test
  @Execution(CONCURRENT)
  void aNodeThatSaysNothing() throws Exception {
    try (CrustProcess node = node()) {
      for (String line : new String[] {"first", "second"}) {
        try (CrustProcess connect = connect(node)) {
          connect.type(line);
          connect.endInput();
          assertThat(connect.exitCode()).as(connect.errors()).isZero();
          awaitData(node, line);
        }
      }
    }
  }

  @Test
  @Execution(CONCURRENT)
  void aCallerThatSaysNothing() throws Exception {
    try (CrustProcess node = node();
        CrustProcess connect = connect(node)) {
      node.await("stream-opened");
      node.type("all that there is");
      node.endInput();
      awaitData(connect, "all that there is");
      connect.endInput();
      assertComplete(connect, node);
      assertThat(data(connect)).asString().isEqualTo("all that there is\n");
    }
  }

  /** What was begun goes on until its input ends, however long it pauses. */
  @Test
  @Execution(CONCURRENT)
  void eitherGoesOnAfterTheOthersEnd() throws Exception {
    try (CrustProcess node = node();
        CrustProcess connect = connect(node)) {
      node.type("begun");
      awaitData(connect, "begun");
      connect.type("a question");
      connect.endInput();
      awaitData(node, "a question");
      node.type("and late");
      awaitData(connect, "and late");
      assertThat(connect.events("stream-ended")).isEmpty();
      node.endInput();
      assertComplete(connect, node);
    }
  }

  @Test
  @Execution(CONCURRENT)
  void theNodeDiesWhileItSends() throws Exception {
    CrustProcess node = node();
    try (node;
        CrustProcess connect = connect(node)) {
      connect.endInput();
      node.type("half of it");
      awaitData(connect, "half of it");
      kill(node);
      // By QUIC no kernel tells the caller, who sends nothing that would go unanswered.
      String[] joining =
          over() == Over.TCP ? new String[0] : new String[] {"--bootstrap", connect.address()};
      try (CrustProcess again = nodeAgain(node, joining)) {
        assertIncomplete(connect, "the connection was lost");
        assertThat(again.events("stream-opened")).isEmpty();
      }
    }
  }

  @Test
  @Execution(CONCURRENT)
  void theCallerDiesWhileItSends() throws Exception {
    try (CrustProcess node = node();
        CrustProcess connect = connect(node)) {
      connect.type("half of it");
      awaitData(node, "half of it");
      kill(connect);
      try (CrustProcess ping =
          start("ping", over().listen(), "caller", node.address(), "-c", "1")) {
        assertThat(ping.exitCode()).as(ping.errors()).isZero();
        assertThat(reason(node)).contains("the connection was lost");
      }
    }
  }

  /** Both inputs have ended, that of the caller unheard. */
  @Test
  @Execution(CONCURRENT)
  void theNodeDiesWhenAllIsSaidAndNotAllIsDelivered() throws Exception {
    CrustProcess node = node();
    try (node;
        CrustProcess connect = connect(node)) {
      node.type("all of ours");
      node.endInput();
      awaitData(connect, "all of ours");
      connect.type("heard");
      awaitData(node, "heard");
      node.stop();
      connect.type("unheard");
      connect.endInput();
      kill(node);
      try (CrustProcess again = nodeAgain(node)) {
        assertIncomplete(connect, "the connection was lost");
        assertThat(again.events("stream-opened")).isEmpty();
      }
    }
  }

  @Test
  @Execution(CONCURRENT)
  void theNodeIsToldToEnd() throws Exception {
    try (CrustProcess node = node();
        CrustProcess connect = connect(node)) {
      connect.type("heard");
      awaitData(node, "heard");
      node.signal("TERM");
      assertIncomplete(connect, "the connection was lost");
    }
  }
}
