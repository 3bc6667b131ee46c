package dev.crust.natlab.scenario;

import static dev.crust.natlab.scenario.Scenario.at;
import static dev.crust.natlab.scenario.Scenario.carrier;
import static dev.crust.natlab.scenario.Scenario.home;
import static dev.crust.natlab.scenario.Scenario.lan;
import static dev.crust.natlab.scenario.Scenario.publicHost;
import static dev.crust.natlab.scenario.Scenario.reboot;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ScenarioTest {
  @Test
  void text_and_java_say_the_same() {
    Scenario java =
        Scenario.of(
            publicHost("stun").running(Server.COTURN),
            home("alice", NatType.PORT_RESTRICTED),
            home("bob", NatType.SYMMETRIC),
            at(ofSeconds(10), reboot("bob")));

    assertThat(
            Scenario.parse(
                """
                public stun coturn
                home alice port-restricted
                home bob symmetric
                at 10s bob reboot
                """))
        .isEqualTo(java);
    assertThat(Scenario.parse(java.text())).isEqualTo(java);
  }

  @Test
  void every_word_survives_the_round_trip() {
    String text =
        """
        public relay coturn ipv6 delay 0s
        carrier isp full-cone hairpin rate 100mbit queue 64kb
        home carol symmetric-seq:256 unsolicited accept lifetime 20s behind isp hosts c1,c2
        home dave linux lifetime 5s/9s no-ipv6-firewall upnp ipv6 delay 20ms jitter 1500us loss 0.5% reorder 1% rate 1500kbit mtu 1400
        lan office carol-phone c1
        at 0s isp down
        at 500ms isp up
        at 1s dave new-address
        at 2s dave nat full-cone upnp
        at 2s relay link delay 50ms loss 3%
        at 3s dave block tcp 443
        at 3s dave unblock
        at 4s c2 down
        """;

    assertThat(Scenario.parse(text).text()).isEqualTo(text);
  }

  @Test
  void links_sets_the_default_of_the_lines_below() {
    Scenario scenario =
        Scenario.parse(
            """
            links delay 30ms loss 1%
            public a
            public b delay 0ms
            """);

    assertThat(scenario.publicHosts().get(0).link())
        .isEqualTo(Link.DEFAULT.withDelay(ofMillis(30)).withLoss(0.01));
    assertThat(scenario.publicHosts().get(1).link().delay()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "home alice simetric | 'simetric' is no NAT type",
        "hom alice linux | 'hom' begins no line",
        "home Alice linux | 'Alice' is no name",
        "home stun linux | 'stun' is the name of another node",
        "home alice linux behind isp | 'isp' is no carrier",
        "home alice linux delay 10 | '10' is not a time",
        "home alice linux delay | a time is missing after 'delay'",
        "home alice linux hairpins | 'hairpins' is not understood",
        "home alice linux unsolicited maybe | 'maybe' is none of drop, rst, icmp, accept",
        "home alice symmetric-seq:x | 'x' is no number",
        "carrier isp none | 'none' does not translate",
        "at 5s bob reboot | 'bob' is no such node",
        "at 5s stun reboot | 'stun' is no such node",
        "at 5s stun explode | 'explode' is no happening"
      })
  void errors_name_the_line_and_the_word(String line, String complaint) {
    assertThatThrownBy(() -> Scenario.parse("# a comment\npublic stun\n" + line))
        .isInstanceOf(ScenarioSyntaxException.class)
        .hasMessageStartingWith("line 3: ")
        .hasMessageContaining(complaint);
  }

  @ParameterizedTest
  @ValueSource(strings = {"alice down", "alice nat symmetric hairpin", "alice block udp"})
  void happenings_round_trip(String text) {
    assertThat(Scenario.text(Scenario.parseHappening(text))).isEqualTo(text);
  }

  @Test
  void a_running_router_cannot_begin_to_translate() {
    assertThatThrownBy(
            () ->
                Scenario.of(
                    home("alice", NatType.FW),
                    at(ofSeconds(1), Scenario.changeNat("alice", Nat.of(NatType.LINUX)))))
        .hasMessageContaining("cannot begin or cease to translate");
  }

  @Test
  void addresses_follow_from_the_scenario() throws Exception {
    Addressing addresses =
        Addressing.of(
            Scenario.of(
                publicHost("stun").withIpv6(),
                carrier("isp", NatType.LINUX),
                home("alice", NatType.LINUX).behind("isp"),
                home("bob", NatType.FW).withHosts("b1", "b2").withIpv6(),
                lan("office", "alice", "carol")));

    assertThat(addresses.host("stun"))
        .containsExactly(ip("198.51.100.1"), ip("203.0.113.1"), ip("2001:db8::1"));
    assertThat(addresses.outside("isp")).isEqualTo(ip("198.18.0.1"));
    assertThat(addresses.outside("isp", 1)).isEqualTo(ip("198.18.32.1"));
    assertThat(addresses.outside("alice")).isEqualTo(ip("100.64.0.2"));
    assertThat(addresses.host("alice")).containsExactly(ip("192.168.2.10"));
    assertThat(addresses.host("b2")).containsExactly(ip("198.19.0.27"), ip("2001:db8:1:3::b"));
    assertThat(addresses.host("carol")).containsExactly(ip("172.16.1.11"), ip("fd00:0:0:1::b"));
    assertThat(addresses.homeNetwork("alice").contains(ip("192.168.2.77"))).isTrue();
    assertThat(addresses.homeNetwork("alice").contains(ip("192.168.3.1"))).isFalse();
  }

  private static InetAddress ip(String text) throws Exception {
    return InetAddress.getByName(text);
  }
}
