package dev.crust.io.beacon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.io.beacon.Namespaces.Host;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** Two hosts on one bridge, each with a kernel's network stack of its own. */
@EnabledIf(
    value = "dev.crust.io.beacon.Namespaces#available",
    disabledReason = "needs root and network namespaces")
class BeaconNamespaceTest {
  private static final String NO_IPV6 = "net.ipv6.conf.all.disable_ipv6";
  private static final String NETWORK = "chess club";
  private static final long IN_TIME = 10_000;

  private final Namespaces lan = new Namespaces();
  private final Host alice = lan.host("alice");
  private final Host bob = lan.host("bob");

  @AfterEach
  void close() {
    lan.close();
  }

  @Test
  void ipv4_only() throws Exception {
    alice.without(NO_IPV6).plug("10.84.0.1/24").start(NETWORK);
    bob.without(NO_IPV6).plug("10.84.0.2/24").start(NETWORK);
    assertThat(alice.expect(found(bob), IN_TIME)).endsWith("?tcp=10.84.0.2:4001");
    assertThat(bob.expect(found(alice), IN_TIME)).endsWith("?tcp=10.84.0.1:4001");
  }

  @Test
  void ipv6_only() throws Exception {
    alice.plug("fd84::1/64").start(NETWORK);
    bob.plug("fd84::2/64").start(NETWORK);
    expectAt(alice, bob, "[fd84::2]");
    expectAt(bob, alice, "[fd84::1]");
  }

  @Test
  void link_local_only() throws Exception {
    alice.plug().start(NETWORK);
    bob.plug().start(NETWORK);
    assertThat(alice.expect(found(bob), IN_TIME))
        .containsPattern("=\\[fe80::[0-9a-f:]+%eth0]:4001");
    assertThat(bob.expect(found(alice), IN_TIME))
        .containsPattern("=\\[fe80::[0-9a-f:]+%eth0]:4001");
    assertThat(alice.rest()).noneMatch(line -> line.startsWith("warn"));
  }

  @Test
  void a_lan_that_appears_later() throws Exception {
    alice.start(NETWORK);
    bob.plug("10.84.0.2/24").start(NETWORK);
    for (int round = 0; round < 2; round++) {
      long begun = System.nanoTime();
      alice.plug("10.84.0.1/24");
      alice.expect(found(bob), IN_TIME);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
      bob.expect(found(alice), IN_TIME);
      alice.unplug();
      alice.rest();
      bob.rest();
    }
  }

  @Test
  void other_networks_stay_apart() throws Exception {
    Host carol = lan.host("carol").without(NO_IPV6).plug("10.84.0.3/24").start("chess clubs");
    alice.without(NO_IPV6).plug("10.84.0.1/24").start(NETWORK);
    bob.without(NO_IPV6).plug("10.84.0.2/24").start(NETWORK);
    alice.expect(found(bob), IN_TIME);
    bob.expect(found(alice), IN_TIME);
    assertThat(carol.rest()).isEmpty();
  }

  private static void expectAt(Host who, Host whom, String ip) throws InterruptedException {
    for (int i = 0; i < 50; i++) {
      if (who.expect(found(whom), IN_TIME).contains("=" + ip + ":4001")) {
        return;
      }
    }
    throw new AssertionError("not found at " + ip);
  }

  private static String found(Host host) {
    return "found " + host.self();
  }
}
