package dev.crust.natlab.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.natlab.scenario.Addressing;
import dev.crust.natlab.scenario.Happening;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SimulationTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final List<String> heard = new ArrayList<>();

  @Test
  void a_datagram_takes_the_delay_of_both_lines() {
    Simulation world = simulate("public a\npublic b delay 15ms\n");
    SimUdpSocket a = open(world, "a", 1000);
    open(world, "b", 2000);
    a.send(at(world, "b", 2000), bytes("hello"));
    world.runFor(SECOND);
    assertThat(heard).containsExactly("25 b:2000 198.51.100.1:1000 hello");
  }

  @Test
  void nobody_at_the_port_is_said_by_icmp() {
    Simulation world = simulate("public a\nhome b linux\n");
    List<InetSocketAddress> gone = new ArrayList<>();
    DatagramHandler handler =
        new DatagramHandler() {
          @Override
          public void received(InetSocketAddress from, byte[] data) {}

          @Override
          public void unreachable(InetSocketAddress remote) {
            gone.add(remote);
          }
        };
    SimUdpSocket b = world.host("b").openUdp(2000, handler);
    b.send(at(world, "a", 9), bytes("hello"));
    world.runFor(SECOND);
    assertThat(gone).containsExactly(at(world, "a", 9));
  }

  @Test
  void the_trap_of_bare_masquerade() {
    String scenario = "public stun coturn\nhome a linux unsolicited accept\nhome b linux\n";
    Simulation world = simulate(scenario);
    SimUdpSocket a = open(world, "a", 4000);
    SimUdpSocket b = open(world, "b", 5000);
    InetSocketAddress outsideA = outside(scenario, "a", 4000);
    InetSocketAddress outsideB = outside(scenario, "b", 5000);
    b.send(outsideA, bytes("too early"));
    world.runFor(Duration.ofMillis(200));
    a.send(outsideB, bytes("from a"));
    world.runFor(SECOND);
    assertThat(heard).isEmpty();
    assertThat(world.tables("a")).contains(Packet.text(outsideB)).hasLineCount(2);
    SimUdpSocket kind = open(world, "b", 5001);
    a.send(outside(scenario, "b", 5001), bytes("first"));
    kind.send(outsideA, bytes("second"));
    world.runFor(SECOND);
    assertThat(heard).hasSize(2);
  }

  @Test
  void two_homes_behind_one_carrier_meet_by_hairpin_alone() {
    for (String hairpin : List.of("", " hairpin")) {
      heard.clear();
      String scenario =
          "public stun\ncarrier isp port-restricted"
              + hairpin
              + "\nhome a port-restricted behind isp\nhome b port-restricted behind isp\n";
      Simulation world = simulate(scenario);
      open(world, "stun", 1);
      SimUdpSocket a = open(world, "a", 4000);
      SimUdpSocket b = open(world, "b", 5000);
      a.send(at(world, "stun", 1), bytes("?"));
      b.send(at(world, "stun", 1), bytes("?"));
      world.runFor(SECOND);
      assertThat(heard).hasSize(2);
      a.send(outside(scenario, "isp", 5000), bytes("to b"));
      world.runFor(Duration.ofMillis(1));
      b.send(outside(scenario, "isp", 4000), bytes("to a"));
      world.runFor(SECOND);
      assertThat(heard).hasSize(hairpin.isEmpty() ? 2 : 4);
    }
  }

  @Test
  void lans_carry_multicast_and_broadcast() throws Exception {
    Simulation world = simulate("home h linux ipv6 hosts a,b\nlan office a c\n");
    InetAddress group = InetAddress.getByName("239.1.2.3");
    SimUdpSocket a = open(world, "a", 4000);
    open(world, "b", 4000).join(group);
    open(world, "c", 4000);
    a.send(new InetSocketAddress(group, 4000), bytes("group"));
    a.send(new InetSocketAddress("255.255.255.255", 4000), bytes("all"));
    a.send(new InetSocketAddress(world.host("c").ipv4(), 4000), bytes("c"));
    world.runFor(SECOND);
    assertThat(heard)
        .containsExactly(
            "0 b:4000 192.168.1.10:4000 group",
            "0 b:4000 192.168.1.10:4000 all",
            "0 c:4000 172.16.1.10:4000 c");
  }

  @Test
  void ipv6_is_not_translated_but_firewalled() {
    Simulation world = simulate("public a ipv6\nhome b linux ipv6\n");
    SimUdpSocket a = open(world, "a", 1000);
    SimUdpSocket b = open(world, "b", 2000);
    InetSocketAddress atA = new InetSocketAddress(world.host("a").addresses().get(2), 1000);
    InetSocketAddress atB = new InetSocketAddress(world.host("b").addresses().get(1), 2000);
    a.send(atB, bytes("unasked"));
    world.runFor(SECOND);
    assertThat(heard).isEmpty();
    b.send(atA, bytes("ask"));
    world.runFor(SECOND);
    a.send(atB, bytes("answer"));
    world.runFor(SECOND);
    assertThat(heard)
        .containsExactly(
            "1020 a:1000 2001:db8:1:1:0:0:0:a:2000 ask",
            "2020 b:2000 2001:db8:0:0:0:0:0:1:1000 answer");
  }

  @Test
  void happenings_change_the_world() {
    String scenario =
        "public a\nhome b port-restricted\nat 2s b down\nat 4s b up\nat 5s b reboot\n";
    Simulation world = simulate(scenario);
    SimUdpSocket a = open(world, "a", 1000);
    SimUdpSocket b = open(world, "b", 2000);
    b.send(at(world, "a", 1000), bytes("open"));
    for (int second = 0; second < 8; second++) {
      String label = "second " + second;
      world.after(
          Duration.ofSeconds(second).plusMillis(500),
          () -> a.send(outside(scenario, "b", 2000), bytes(label)));
    }
    world.runFor(Duration.ofSeconds(10));
    assertThat(heard)
        .containsExactly(
            "20 a:1000 198.18.0.1:2000 open",
            "520 b:2000 198.51.100.1:1000 second 0",
            "1520 b:2000 198.51.100.1:1000 second 1",
            "4520 b:2000 198.51.100.1:1000 second 4");
  }

  @Test
  void a_router_moves_blocks_and_changes() {
    Simulation world = simulate("public a\nhome b port-restricted\n");
    open(world, "a", 1000);
    SimUdpSocket b = open(world, "b", 2000);
    world.apply(Scenario.newAddress("b"));
    b.send(at(world, "a", 1000), bytes("moved"));
    world.runFor(SECOND);
    world.apply(new Happening.Block("b", Transport.UDP, OptionalInt.of(1000)));
    b.send(at(world, "a", 1000), bytes("blocked"));
    world.runFor(SECOND);
    world.apply(Scenario.unblock("b"));
    world.apply(Scenario.changeLink("b", Link.DEFAULT.withDelay(Duration.ofMillis(90))));
    b.send(at(world, "a", 1000), bytes("slow"));
    world.runFor(SECOND);
    assertThat(heard)
        .containsExactly("20 a:1000 198.18.32.1:2000 moved", "2100 a:1000 198.18.32.1:2000 slow");
  }

  @Test
  void a_low_ttl_dies_on_the_way_and_opens_the_nat() {
    String scenario = "home a port-restricted\nhome b port-restricted\n";
    Simulation world = simulate(scenario);
    SimUdpSocket a = open(world, "a", 4000);
    SimUdpSocket b = open(world, "b", 5000);
    a.send(outside(scenario, "b", 5000), bytes("opener"), 2);
    world.runFor(SECOND);
    b.send(outside(scenario, "a", 4000), bytes("through"));
    world.runFor(SECOND);
    assertThat(heard).containsExactly("1020 a:4000 198.18.0.2:5000 through");
  }

  @Test
  void the_same_seed_gives_the_same_log() {
    String first = crowd(7);
    assertThat(crowd(7)).isEqualTo(first);
    assertThat(crowd(8)).isNotEqualTo(first);
  }

  private static String crowd(long seed) {
    StringBuilder log = new StringBuilder();
    Crowd crowd = new Crowd(24, seed, line -> log.append(line).append('\n'));
    crowd.run(Duration.ofMinutes(2));
    assertThat(log.toString().lines().count()).isGreaterThan(1000);
    return log.toString();
  }

  private static Simulation simulate(String scenario) {
    return Simulation.of(Scenario.parse(scenario), 1);
  }

  private SimUdpSocket open(Simulation world, String host, int port) {
    return world
        .host(host)
        .openUdp(
            port,
            (from, data) ->
                heard.add(
                    "%d %s:%d %s %s"
                        .formatted(
                            world.now().toEpochMilli(),
                            host,
                            port,
                            Packet.text(from),
                            new String(data, StandardCharsets.UTF_8))));
  }

  private static InetSocketAddress at(Simulation world, String host, int port) {
    return new InetSocketAddress(world.host(host).ipv4(), port);
  }

  private static InetSocketAddress outside(String scenario, String router, int port) {
    return new InetSocketAddress(Addressing.of(Scenario.parse(scenario)).outside(router), port);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
