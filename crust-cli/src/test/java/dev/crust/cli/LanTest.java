package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts on one bridge, each with the program and not one option. */
final class LanTest {
  private final Path home;

  LanTest(@TempDir Path home) {
    this.home = home;
  }

  @Test
  void ipv4Only() throws Exception {
    try (Lan lan = new Lan()) {
      String a = lan.host("a");
      String b = lan.host("b");
      for (String host : new String[] {a, b}) {
        lan.in(host, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
        lan.in(
            host,
            "ip",
            "address",
            "add",
            host.equals(a) ? "10.9.0.1/24" : "10.9.0.2/24",
            "broadcast",
            "+",
            "dev",
            "eth0");
      }
      theyTalk(a, b, "10.9.0.");
    }
  }

  @Test
  void ipv6Only() throws Exception {
    try (Lan lan = new Lan()) {
      String a = lan.host("a");
      String b = lan.host("b");
      lan.in(a, "ip", "address", "add", "fd00:9::1/64", "dev", "eth0", "nodad");
      lan.in(b, "ip", "address", "add", "fd00:9::2/64", "dev", "eth0", "nodad");
      theyTalk(a, b, "[f");
    }
  }

  @Test
  void ipv6LinkLocalOnly() throws Exception {
    try (Lan lan = new Lan()) {
      theyTalk(lan.host("a"), lan.host("b"), "[fe80::");
    }
  }

  private void theyTalk(String a, String b, String remotePrefix) throws Exception {
    try (CrustProcess one = node(a);
        CrustProcess other = node(b)) {
      assertThat(one.address()).doesNotContain("0.0.0.0", "[::]");
      String otherId = other.id();
      long listening = System.nanoTime();
      JsonNode connected = one.await("connected");
      other.await("connected");
      assertThat((System.nanoTime() - listening) / 1e9).isLessThan(3);
      assertThat(connected.get("peer").asText()).isEqualTo(otherId);
      assertThat(connected.at("/path/remote").asText()).startsWith(remotePrefix);
      one.type("send " + otherId + " hello");
      assertThat(other.await("message").get("text").asText()).isEqualTo("hello");
      assertThat(one.errors()).isEmpty();
    }
  }

  private CrustProcess node(String host) throws IOException {
    return CrustProcess.start(Lan.by(host), Files.createDirectory(home.resolve(host)), "node");
  }

  @Test
  void aBlackHoleEndsInTheTimeAskedFor() throws Exception {
    try (Lan lan = new Lan()) {
      String a = lan.host("a");
      lan.in(a, "ip", "address", "add", "10.9.0.1/24", "dev", "eth0");
      lan.in(a, "ip", "neighbour", "add", "10.9.0.2", "lladdr", "02:00:00:00:00:02", "dev", "eth0");
      String address = "crust://" + Fixtures.peer(1) + "/?tcp=10.9.0.2:4001";
      try (CrustProcess ping =
          CrustProcess.start(Lan.by(a), home, "ping", address, "-c", "1", "--timeout", "2")) {
        ping.address();
        long listening = System.nanoTime();
        assertThat(ping.exitCode()).isEqualTo(1);
        assertThat((System.nanoTime() - listening) / 1e9).isBetween(1.5, 3.5);
        JsonNode failed = ping.await("connect-failed");
        assertThat(failed.get("reason").asText()).isEqualTo("timeout");
        assertThat(failed.at("/attempts/0/reason").asText()).isEqualTo("timeout");
      }
    }
  }
}
