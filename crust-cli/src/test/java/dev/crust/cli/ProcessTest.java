package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The program as its users have it: processes on loopback, told by signals and typed lines. */
final class ProcessTest {
  private final Path home;

  ProcessTest(@TempDir Path home) {
    this.home = home;
  }

  /** On loopback alone, where the beacon stays, too. */
  private CrustProcess start(String command, String... args) throws IOException {
    return start(List.of(), command, args);
  }

  private CrustProcess start(List<String> by, String command, String... args) throws IOException {
    return startBy(by, "tcp", command, args);
  }

  private CrustProcess startBy(List<String> by, String transport, String command, String... args)
      throws IOException {
    String[] all =
        Stream.of(Stream.of(command, "--listen", transport + "://127.0.0.1:0"), Stream.of(args))
            .flatMap(it -> it)
            .toArray(String[]::new);
    return CrustProcess.start(by, home, all);
  }

  private CrustProcess quietNode(String... args) throws IOException {
    return nodeBy("tcp", args);
  }

  private CrustProcess nodeBy(String transport, String... args) throws IOException {
    return startBy(List.of(), transport, "node", with("--no-beacon", args));
  }

  private static String[] with(String first, String... others) {
    return Stream.concat(Stream.of(first), Stream.of(others)).toArray(String[]::new);
  }

  private static String withOtherId(String address) {
    return "crust://" + Fixtures.peer(1) + address.substring(address.indexOf("/?"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "quic"})
  void aConversationOfPings(String by) throws Exception {
    String[] options = {"-c", "5", "--interval", "0.01", "--ephemeral"};
    try (CrustProcess node = nodeBy(by, "--ephemeral");
        CrustProcess ping = startBy(List.of(), by, "ping", with(node.address(), options))) {
      assertThat(ping.exitCode()).as(ping.errors()).isZero();
      assertThat(ping.events().get(0).get("event").asText()).isEqualTo("listening");
      assertThat(ping.events("connected")).hasSize(1);
      assertThat(ping.events("connected").get(0).get("attempts").get(0).get("outcome").asText())
          .isEqualTo("won");
      List<JsonNode> pongs = ping.events("pong");
      assertThat(pongs).extracting(it -> it.get("seq").asInt()).containsExactly(1, 2, 3, 4, 5);
      assertThat(pongs)
          .allSatisfy(
              pong -> {
                assertThat(pong.at("/path/transport").asText()).isEqualTo(by);
                assertThat(pong.get("rttMs").isFloatingPointNumber()).isTrue();
                assertThat(pong.get("peer").asText()).isEqualTo(node.id());
              });
      assertThat(node.await("connected").get("attempts")).isEmpty();
      assertThat(node.await("lost").get("reason").asText()).isEqualTo("peer-endpoint-closed");
      assertThat(ping.errors()).isEmpty();
    }
  }

  @Test
  void pingUntilDirect() throws Exception {
    try (CrustProcess node = quietNode("--ephemeral");
        CrustProcess ping = start("ping", node.address(), "--until-direct", "--ephemeral")) {
      assertThat(ping.exitCode()).isZero();
      assertThat(ping.events("pong")).hasSize(1);
    }
  }

  @Test
  void pingsThatFailSayWhy() throws Exception {
    try (CrustProcess node = quietNode("--ephemeral");
        ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String address = node.address();
      String id = Fixtures.peer(1).toString();
      try (CrustProcess otherId = ping(withOtherId(address));
          CrustProcess otherNetwork = ping(address, "--network", "other")) {
        failsWith("identity-mismatch", otherId);
        failsWith("network-mismatch", otherNetwork);
      }
      JsonNode refused =
          node.await("refused", it -> it.get("reason").asText().equals("network-mismatch"));
      assertThat(refused.get("source").asText()).isEqualTo("127.0.0.1");
      try (CrustProcess closed = ping("crust://" + id + "/?tcp=127.0.0.1:9");
          CrustProcess mute =
              ping(
                  "crust://" + id + "/?tcp=127.0.0.1:" + silent.getLocalPort(),
                  "--timeout",
                  "1.5")) {
        failsWith("refused", closed);
        JsonNode failed = failsWith("timeout", mute);
        assertThat(failed.at("/attempts/0/endedMs").asDouble()).isBetween(1000.0, 2500.0);
      }
    }
  }

  private CrustProcess ping(String address, String... more) throws IOException {
    return start(
        "ping",
        Stream.of(Stream.of(address, "-c", "1", "--ephemeral"), Stream.of(more))
            .flatMap(it -> it)
            .toArray(String[]::new));
  }

  private static JsonNode failsWith(String reason, CrustProcess ping) throws Exception {
    assertThat(ping.exitCode()).isEqualTo(1);
    assertThat(ping.errors().lines()).as(ping.errors()).hasSize(1);
    assertThat(ping.events("connect-failed")).hasSize(1);
    JsonNode failed = ping.events("connect-failed").get(0);
    assertThat(failed.get("reason").asText()).isEqualTo(reason);
    assertThat(failed.at("/attempts/0/reason").asText()).isEqualTo(reason);
    assertThat(failed.at("/attempts/0/outcome").asText()).isEqualTo("failed");
    return failed;
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "quic"})
  void typedCommands(String by) throws Exception {
    try (CrustProcess one = nodeBy(by, "--ephemeral");
        CrustProcess other = nodeBy(by, "--ephemeral", "--bootstrap", one.address())) {
      String id = one.id();
      JsonNode joined = other.await("bootstrapped");
      assertThat(joined.get("peer").asText()).isEqualTo(id);
      assertThat(joined.get("source").asText()).isEqualTo("configured");

      other.type("send " + id + " hällo  you");
      JsonNode message = one.await("message");
      assertThat(message.get("text").asText()).isEqualTo("hällo  you");
      assertThat(message.get("bytes").asInt()).isEqualTo(11);
      assertThat(message.get("peer").asText()).isEqualTo(other.id());

      other.type("ping " + id + " 2");
      other.await("pong", pong -> pong.get("seq").asInt() == 2);

      other.type("peers");
      JsonNode peers = other.await("peers").get("peers");
      assertThat(peers).hasSize(1);
      assertThat(peers.get(0).get("peer").asText()).isEqualTo(id);
      assertThat(peers.get(0).get("sinceMs").asDouble()).isPositive();

      other.type("report");
      assertThat(other.await("report").get("peers")).hasSize(1);

      for (String wrong : List.of("dance", "block " + id, "send " + Fixtures.peer(1) + " x")) {
        other.type(wrong);
        String word = wrong.split(" ", 2)[0];
        other.await("command-failed", it -> it.get("command").asText().equals(word));
      }

      other.type("drop " + id);
      assertThat(other.await("lost").get("reason").asText()).isEqualTo("closed");
      assertThat(one.await("lost").get("reason").asText()).isEqualTo("closed-by-peer");

      int before = other.count();
      other.type("connect " + id);
      assertThat(other.awaitFrom(before, "connected", it -> true).get("peer").asText())
          .isEqualTo(id);

      other.endInput();
      one.type("quit");
      assertThat(one.exitCode()).isZero();
      assertThat(other.awaitFrom(before, "lost", it -> true).get("reason").asText())
          .isEqualTo("peer-endpoint-closed");
      other.await("connect-failed");
    }
  }

  @Test
  void allBootstrapsFail() throws Exception {
    String address = "crust://" + Fixtures.peer(1) + "/?tcp=127.0.0.1:9";
    try (CrustProcess node = quietNode("--ephemeral", "--bootstrap", address)) {
      JsonNode tried = node.await("bootstrap-failed").get("tried");
      assertThat(tried).hasSize(1);
      assertThat(tried.get(0).get("candidate").asText()).isEqualTo("tcp://127.0.0.1:9");
      assertThat(tried.get(0).get("reason").asText()).isEqualTo("refused");
    }
  }

  @Test
  void signalsEndItWell() throws Exception {
    // Whoever runs this in the background may have made us deaf to SIGINT.
    List<String> hearing = List.of("env", "--default-signal=INT");
    try (CrustProcess one = quietNode("--ephemeral");
        CrustProcess term = quietNode("--ephemeral", "--bootstrap", one.address());
        CrustProcess interrupted =
            start(hearing, "node", "--no-beacon", "--ephemeral", "--bootstrap", one.address())) {
      term.await("connected");
      interrupted.await("connected");
      term.signal("TERM");
      interrupted.signal("INT");
      assertThat(term.exitCode()).isEqualTo(143);
      assertThat(interrupted.exitCode()).isEqualTo(130);
      for (CrustProcess gone : List.of(term, interrupted)) {
        String id = gone.id();
        JsonNode lost = one.await("lost", it -> it.get("peer").asText().equals(id));
        assertThat(lost.get("reason").asText()).isEqualTo("peer-endpoint-closed");
        assertThat(gone.errors()).isEmpty();
      }
    }
  }

  @Test
  void aKeyIsUsedOnce() throws Exception {
    String named = home.resolve("key").toString();
    try (CrustProcess one = quietNode("--identity", named);
        CrustProcess byDefault = quietNode()) {
      one.address();
      byDefault.address();
      try (CrustProcess two = quietNode("--identity", named);
          CrustProcess three = quietNode()) {
        assertThat(two.exitCode()).isEqualTo(1);
        assertThat(two.events()).isEmpty();
        assertThat(two.errors().lines()).hasSize(1);
        assertThat(two.errors()).contains("'" + named + "'").contains("in use");
        assertThat(three.id()).isNotEqualTo(byDefault.id());
        assertThat(three.errors().lines()).hasSize(1);
        assertThat(three.errors()).contains("in use").contains("in memory only");
      }
    }
  }

  @Test
  void twoNodesFindEachOther() throws Exception {
    String network = "test-" + ProcessHandle.current().pid();
    try (CrustProcess one = start("node", "--ephemeral", "--network", network);
        CrustProcess other = start("node", "--ephemeral", "--network", network)) {
      String oneId = one.id();
      String otherId = other.id();
      one.await("connected", it -> it.get("peer").asText().equals(otherId));
      other.await("connected", it -> it.get("peer").asText().equals(oneId));
      one.type("send " + otherId + " hello");
      assertThat(other.await("message").get("text").asText()).isEqualTo("hello");
      try (CrustProcess discover =
              start("discover", "--ephemeral", "--network", network, "--seconds", "1.5");
          CrustProcess bare =
              start("ping", oneId, "-c", "1", "--ephemeral", "--network", network)) {
        assertThat(bare.exitCode()).as(bare.errors()).isZero();
        assertThat(discover.exitCode()).isZero();
        assertThat(discover.events("discovered"))
            .extracting(it -> it.get("peer").asText())
            .contains(oneId, otherId);
      }
    }
  }

  @Test
  void aKilledPeerIsBackAtOnce() throws Exception {
    String network = "kill-" + ProcessHandle.current().pid();
    String key = home.resolve("mortal").toString();
    try (CrustProcess one = start("node", "--ephemeral", "--network", network)) {
      String id;
      try (CrustProcess mortal = start("node", "--identity", key, "--network", network)) {
        id = mortal.id();
        one.await("connected");
        mortal.signal("KILL");
        assertThat(mortal.exitCode()).isEqualTo(137);
      }
      one.await("path-changed", it -> it.get("peer").asText().equals(id) && it.get("to").isNull());
      int before = one.count();
      try (CrustProcess reborn = start("node", "--identity", key, "--network", network)) {
        reborn.address();
        long listening = System.nanoTime();
        one.awaitFrom(
            before,
            "lost",
            it ->
                it.get("peer").asText().equals(id)
                    && it.get("reason").asText().equals("peer-restarted"));
        one.awaitFrom(before, "connected", it -> it.get("peer").asText().equals(id));
        reborn.await("connected");
        assertThat((System.nanoTime() - listening) / 1e9).isLessThan(3);
      }
    }
  }
}
