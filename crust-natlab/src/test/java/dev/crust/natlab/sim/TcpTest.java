package dev.crust.natlab.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TcpTest {
  private static final String TWO = "public a\npublic b\n";

  /** Writes down what happens to a connection. */
  private static final class Diary implements TcpHandler {
    final Simulation world;
    final List<String> lines = new ArrayList<>();
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Diary(Simulation world) {
      this.world = world;
    }

    @Override
    public void connected(SimTcpConnection connection) {
      note("connected");
    }

    @Override
    public void received(SimTcpConnection connection, byte[] data) {
      bytes.writeBytes(data);
    }

    @Override
    public void ended(SimTcpConnection connection) {
      note("ended");
      connection.close();
    }

    @Override
    public void failed(SimTcpConnection connection, TcpFailure failure) {
      note(failure.toString());
    }

    private void note(String what) {
      lines.add(world.now().toEpochMilli() + " " + what);
    }
  }

  @Test
  void a_handshake_takes_one_round_trip() {
    Simulation world = simulate(TWO);
    Diary server = new Diary(world);
    Diary client = new Diary(world);
    world.host("b").listenTcp(80, server);
    world.host("a").connectTcp(0, at(world, "b", 80), client);
    world.runFor(Duration.ofSeconds(1));
    assertThat(client.lines).containsExactly("40 connected");
    assertThat(server.lines).containsExactly("60 connected");
  }

  @Test
  void a_syn_is_repeated_as_linux_does_and_given_up() {
    Simulation world = simulate("public a\nhome b fw\n");
    Diary client = new Diary(world);
    world.host("a").connectTcp(4000, at(world, "b", 80), client);
    world.runFor(Duration.ofMinutes(5));
    List<String> syns =
        world
            .log()
            .lines()
            .filter(line -> line.contains(" a send tcp "))
            .map(line -> line.substring(0, line.indexOf(' ')))
            .toList();
    assertThat(syns)
        .containsExactly(
            "0.000000", "1.000000", "3.000000", "7.000000", "15.000000", "31.000000", "63.000000");
    assertThat(client.lines).containsExactly("127000 TIMED_OUT");
  }

  @Test
  void a_port_without_listener_refuses() {
    Simulation world = simulate(TWO);
    Diary client = new Diary(world);
    world.host("a").connectTcp(0, at(world, "b", 80), client);
    world.runFor(Duration.ofSeconds(1));
    assertThat(client.lines).containsExactly("40 REFUSED");
  }

  @Test
  void both_may_dial_at_once() {
    Simulation world = simulate(TWO);
    Diary a = new Diary(world);
    Diary b = new Diary(world);
    SimTcpConnection one = world.host("a").connectTcp(4000, at(world, "b", 5000), a);
    SimTcpConnection other = world.host("b").connectTcp(5000, at(world, "a", 4000), b);
    world.runFor(Duration.ofSeconds(1));
    assertThat(a.lines).containsExactly("40 connected");
    assertThat(b.lines).containsExactly("40 connected");
    one.write(new byte[] {1});
    other.write(new byte[] {2});
    world.runFor(Duration.ofSeconds(1));
    assertThat(a.bytes.toByteArray()).containsExactly(2);
    assertThat(b.bytes.toByteArray()).containsExactly(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "loss 5%",
        "jitter 9ms reorder 10%",
        "rate 5mbit queue 32kb",
        "mtu 1280",
        "loss 10% reorder 10%"
      })
  void bytes_arrive_whole_and_in_order(String line) {
    Simulation world = simulate("public a " + line + "\nhome b port-restricted " + line + "\n");
    byte[] sent = new byte[300_000];
    new Random(1).nextBytes(sent);
    Diary server = new Diary(world);
    Diary client = new Diary(world);
    world.host("a").listenTcp(80, server);
    SimTcpConnection connection = world.host("b").connectTcp(0, at(world, "a", 80), client);
    connection.write(sent);
    connection.close();
    world.runFor(Duration.ofMinutes(5));
    assertThat(Arrays.mismatch(server.bytes.toByteArray(), sent)).isEqualTo(-1);
    assertThat(server.lines).hasSize(2);
    assertThat(client.lines).hasSize(2).last().asString().endsWith("ended");
  }

  @Test
  void an_abort_is_a_reset() {
    Simulation world = simulate(TWO);
    Diary server = new Diary(world);
    world.host("b").listenTcp(80, server);
    SimTcpConnection client = world.host("a").connectTcp(0, at(world, "b", 80), new Diary(world));
    world.runFor(Duration.ofSeconds(1));
    client.abort();
    world.runFor(Duration.ofSeconds(1));
    assertThat(server.lines).containsExactly("60 connected", "1020 RESET");
  }

  @Test
  void a_silent_line_is_noticed_in_the_end() {
    Simulation world = simulate(TWO);
    world.host("b").listenTcp(80, new Diary(world));
    Diary client = new Diary(world);
    SimTcpConnection connection = world.host("a").connectTcp(0, at(world, "b", 80), client);
    world.runFor(Duration.ofSeconds(1));
    world.apply(Scenario.linkDown("b"));
    connection.write(new byte[10]);
    world.runFor(Duration.ofHours(1));
    assertThat(client.lines).hasSize(2).last().asString().endsWith("TIMED_OUT");
  }

  @Test
  void the_same_ends_cannot_be_connected_twice() {
    Simulation world = simulate(TWO);
    world.host("b").listenTcp(80, new Diary(world));
    world.host("a").connectTcp(4000, at(world, "b", 80), new Diary(world));
    Diary second = new Diary(world);
    world.host("a").connectTcp(4000, at(world, "b", 80), second);
    world.runFor(Duration.ofSeconds(1));
    assertThat(second.lines).containsExactly("0 IN_USE");
  }

  @Test
  void a_rate_is_kept() {
    Scenario scenario =
        Scenario.of(
            Scenario.publicHost("a").withLink(Link.DEFAULT.withRate(8_000_000)),
            Scenario.home("b", NatType.LINUX));
    Simulation world = Simulation.of(scenario, 1);
    Diary server = new Diary(world);
    world.host("a").listenTcp(80, server);
    SimTcpConnection client = world.host("b").connectTcp(0, at(world, "a", 80), new Diary(world));
    client.write(new byte[10_000_000]);
    world.runFor(Duration.ofSeconds(5));
    assertThat(server.bytes.size()).isBetween(4_000_000, 5_000_000);
  }

  private static Simulation simulate(String scenario) {
    return Simulation.of(Scenario.parse(scenario), 1);
  }

  private static InetSocketAddress at(Simulation world, String host, int port) {
    return new InetSocketAddress(world.host(host).ipv4(), port);
  }
}
