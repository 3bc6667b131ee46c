package dev.crust.natlab.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.scenario.Scenario;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** Routers with UPnP, NAT-PMP and PCP do what independent clients ask. */
@NatLab(
    """
    public stranger
    carrier isp port-restricted
    home alice port-restricted upnp hosts alice,ada
    home bob port-restricted upnp behind isp
    home carol symmetric upnp
    """)
final class UpnpTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @BeforeEach
  void theClientsAreHere() {
    List<String> absent =
        Stream.of("upnpc", "natpmpc").filter(each -> Programs.find(each).isEmpty()).toList();
    boolean must = "true".equals(System.getenv("CI"));
    assumeTrue(must || absent.isEmpty(), () -> "this test needs " + String.join(", ", absent));
  }

  @Test
  @Execution(CONCURRENT)
  void a_port_is_opened_by_upnp_and_lost_by_a_reboot(Lab lab) throws Exception {
    String own = lab.host("alice").address().getHostAddress();
    try (ServerSocket server = lab.host("alice").call(() -> new ServerSocket(5000))) {
      assertThatThrownBy(() -> knock(lab, 5000)).isInstanceOf(SocketTimeoutException.class);

      String router = description(lab, "alice");
      assertThat(upnpc(lab, "alice", router, "-a", own, "5000", "5000", "tcp", "600"))
          .contains("external 198.18.0.2:5000 TCP is redirected to internal " + own + ":5000");
      knock(lab, 5000);
      assertThat(server.accept().isConnected()).isTrue();

      lab.happen(Scenario.reboot("alice"));
      router = description(lab, "alice");
      assertThat(upnpc(lab, "alice", router, "-l")).doesNotContain("5000->");
      assertThatThrownBy(() -> knock(lab, 5000)).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  @Execution(CONCURRENT)
  void ports_of_others_are_refused(Lab lab) throws Exception {
    String alice = lab.host("alice").address().getHostAddress();
    String ada = lab.host("ada").address().getHostAddress();
    String router = description(lab, "alice");
    upnpc(lab, "alice", router, "-a", alice, "5000", "5000", "tcp");

    assertThat(upnpc(lab, "ada", router, "-a", ada, "5000", "5000", "tcp")).contains("code 718");
    assertThat(upnpc(lab, "ada", router, "-a", alice, "5001", "5001", "tcp")).contains("code 718");
  }

  @Test
  @Execution(CONCURRENT)
  void a_port_is_opened_by_nat_pmp(Lab lab) throws Exception {
    assertThat(run(lab, "alice", "natpmpc", "-a", "6000", "6000", "udp", "60"))
        .contains("Public IP address : 198.18.0.2", "Mapped public port 6000 protocol UDP");
    try (Udp alice = Udp.on(lab.host("alice"), 6000);
        Udp stranger = Udp.on(lab.host("stranger"), 7000)) {
      stranger.send("hello", new InetSocketAddress(lab.addressing().outside("alice"), 6000));
      assertThat(alice.receive("hello")).isEqualTo(stranger.address());
    }
  }

  @Test
  @Execution(CONCURRENT)
  void behind_a_carrier_everything_is_refused(Lab lab) throws Exception {
    String own = lab.host("bob").address().getHostAddress();
    assertThat(upnpc(lab, "bob", description(lab, "bob"), "-a", own, "5000", "5000", "tcp"))
        .contains("ExternalIPAddress = \n", "code 501");
    assertThat(run(lab, "bob", "natpmpc", "-a", "6000", "6000", "udp", "60")).contains("-52");
  }

  @Test
  @Execution(CONCURRENT)
  void on_a_symmetric_nat_a_mapped_port_is_not_that_of_outgoing_packets(Lab lab) throws Exception {
    run(lab, "carol", "natpmpc", "-a", "6000", "6000", "udp", "60");
    try (Udp carol = Udp.on(lab.host("carol"), 6000);
        Udp stranger = Udp.on(lab.host("stranger"), 7000)) {
      InetSocketAddress mapped = new InetSocketAddress(lab.addressing().outside("carol"), 6000);
      carol.send("out", stranger.address());
      assertThat(stranger.receive("out")).isNotEqualTo(mapped);
      // From a port that has no connection yet: an answer would be let in anyway.
      try (Udp other = Udp.on(lab.host("stranger"), 7001)) {
        other.send("in", mapped);
        carol.receive("in");
      }
    }
  }

  /** Connects from outside to Alice's router. */
  private static void knock(Lab lab, int port) throws Exception {
    InetSocketAddress outside = new InetSocketAddress(lab.addressing().outside("alice"), port);
    try (Socket socket = lab.host("stranger").call(() -> new Socket())) {
      lab.host("stranger")
          .call(
              () -> {
                socket.connect(outside, 900);
                return socket;
              });
    }
  }

  /**
   * Asks by multicast for the router's description. Left to itself upnpc gives up then, since it
   * takes the lab's outside addresses for reserved ones.
   */
  private static String description(Lab lab, String host) throws Exception {
    Matcher found = Pattern.compile("desc: (\\S+)").matcher(run(lab, host, "upnpc", "-s"));
    assertThat(found.find()).isTrue();
    return found.group(1);
  }

  private static String upnpc(Lab lab, String host, String description, String... words)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("upnpc", "-u", description));
    command.addAll(List.of(words));
    return run(lab, host, command.toArray(String[]::new));
  }

  private static String run(Lab lab, String host, String... command) throws Exception {
    HostProcess process = lab.host(host).start(command);
    process.await(PATIENCE);
    return process.output() + process.errors();
  }
}
