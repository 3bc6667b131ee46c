package dev.crust.natlab.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.scenario.Scenario;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

@NatLab(
    """
    public relay
    home alice port-restricted ipv6 hosts alice,ada
    home bob symmetric
    """)
final class LabTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Test
  void two_homes_come_up_in_less_than_three_seconds(Labs labs) throws Exception {
    long start = System.nanoTime();
    labs.up(Scenario.parse("public relay\nhome alice linux\nhome bob symmetric\n"));

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void threads_of_one_process_play_several_hosts(Lab lab) throws Exception {
    try (Udp relay = Udp.on(lab.host("relay"), 5000);
        Udp alice = Udp.on(lab.host("alice"), 6000)) {
      alice.send("hello", relay.address());

      InetSocketAddress seen = relay.receive("hello");
      assertThat(seen).isEqualTo(new InetSocketAddress(lab.addressing().outside("alice"), 6000));
      relay.send("back", seen);
      assertThat(alice.receive("back")).isEqualTo(relay.address());
      assertThat(lab.tables("alice")).contains("dport=6000");
      assertThat(lab.connections("alice")).isEqualTo(1);
    }
  }

  @Test
  void a_delay_is_felt_both_ways(Lab lab) throws Exception {
    HostProcess ping = lab.host("alice").start("ping", "-c", "1", "198.51.100.1");

    assertThat(ping.await(PATIENCE)).isZero();
    Matcher time = Pattern.compile("time=([0-9.]+)").matcher(ping.output());
    assertThat(time.find()).isTrue();
    assertThat(Double.parseDouble(time.group(1))).isBetween(40.0, 120.0);
  }

  @Test
  @Execution(CONCURRENT)
  void hosts_of_a_lan_meet_by_multicast_and_ipv6(Lab lab) throws Exception {
    HostProcess ping = lab.host("alice").start("ping", "-c", "2", "-i", "0.2", "ff02::1%eth0");

    // Three answer: the sender, the other host and the router.
    assertThat(ping.await(PATIENCE)).isZero();
    assertThat(ping.output()).contains("duplicates");
    HostProcess neighbour = lab.host("ada").start("ping", "-c", "1", "2001:db8:1:1::a");
    assertThat(neighbour.await(PATIENCE)).isZero();
  }

  @Test
  @Execution(CONCURRENT)
  void a_line_goes_silent_and_comes_back(Lab lab) throws Exception {
    lab.happen(Scenario.linkDown("alice"));
    assertThat(reaches(lab, "alice")).isFalse();

    lab.happen(Scenario.linkUp("alice"));
    assertThat(reaches(lab, "alice")).isTrue();
  }

  @Test
  @Execution(CONCURRENT)
  void a_lan_host_is_unplugged(Lab lab) throws Exception {
    lab.happen(Scenario.linkDown("ada"));
    assertThat(reaches(lab, "ada")).isFalse();
    assertThat(reaches(lab, "alice")).isTrue();

    lab.happen(Scenario.linkUp("ada"));
    assertThat(reaches(lab, "ada")).isTrue();
  }

  @Test
  @Execution(CONCURRENT)
  void loss_takes_everything_at_100_percent(Lab lab) throws Exception {
    lab.happen(Scenario.parseHappening("relay link loss 100%"));

    assertThat(reaches(lab, "bob")).isFalse();
  }

  @Test
  @Execution(CONCURRENT)
  void a_new_address_is_seen_outside(Lab lab) throws Exception {
    try (Udp relay = Udp.on(lab.host("relay"), 5000);
        Udp alice = Udp.on(lab.host("alice"), 6000)) {
      alice.send("one", relay.address());
      relay.receive("one");
      lab.happen(Scenario.newAddress("alice"));
      alice.send("two", relay.address());

      assertThat(relay.receive("two"))
          .isEqualTo(new InetSocketAddress(lab.addressing().outside("alice", 1), 6000));
    }
  }

  @Test
  @Execution(CONCURRENT)
  void a_rebooted_router_lets_nothing_in(Lab lab) throws Exception {
    try (Udp relay = Udp.on(lab.host("relay"), 5000);
        Udp alice = Udp.on(lab.host("alice"), 6000)) {
      alice.send("one", relay.address());
      InetSocketAddress seen = relay.receive("one");
      lab.happen(Scenario.reboot("alice"));
      relay.send("late", seen);

      assertThat(alice.hearsNothing()).isTrue();
      assertThat(lab.connections("alice")).isZero();
    }
  }

  @Test
  @Execution(CONCURRENT)
  void a_nat_changes_its_type(Lab lab) throws Exception {
    try (Udp relay = Udp.on(lab.host("relay"), 5000);
        Udp alice = Udp.on(lab.host("alice"), 6000)) {
      lab.happen(Scenario.parseHappening("alice nat symmetric-seq:2"));
      alice.send("one", relay.address());

      assertThat(relay.receive("one").getPort()).isEqualTo(20_000);
    }
  }

  @Test
  @Execution(CONCURRENT)
  void a_filter_blocks_one_transport(Lab lab) throws Exception {
    try (Udp relay = Udp.on(lab.host("relay"), 5000);
        Udp alice = Udp.on(lab.host("alice"), 6000)) {
      lab.happen(Scenario.parseHappening("alice block udp"));
      alice.send("one", relay.address());
      assertThat(relay.hearsNothing()).isTrue();
      assertThat(reaches(lab, "alice")).isTrue();

      lab.happen(Scenario.unblock("alice"));
      alice.send("two", relay.address());
      relay.receive("two");
    }
  }

  @Test
  @Execution(CONCURRENT)
  void a_timed_happening_happens(Labs labs) throws Exception {
    Lab lab = labs.up(Scenario.parse("public relay\nhome alice linux\nat 100ms alice down\n"));

    HostProcess ping = lab.host("alice").start("ping", "-w", "2", "-i", "0.2", "198.51.100.1");
    ping.await(PATIENCE);
    assertThat(lab.events()).last().asString().endsWith("alice down");
    assertThat(reaches(lab, "alice")).isFalse();
  }

  @Test
  @Execution(CONCURRENT)
  void a_capture_has_the_packets(Lab lab) throws Exception {
    try (Udp relay = Udp.on(lab.host("relay"), 5000);
        Udp alice = Udp.on(lab.host("alice"), 6000);
        Capture capture = lab.capture("alice.router", "wan")) {
      long empty = Files.size(capture.file());
      alice.send("captured", relay.address());
      relay.receive("captured");

      assertThat(Files.size(capture.file())).isGreaterThan(empty);
    }
  }

  @Test
  @Execution(CONCURRENT)
  void hosts_with_two_interfaces_meet_on_an_extra_lan(Labs labs) throws Exception {
    Lab lab = labs.up(Scenario.parse("home alice linux\nhome bob linux\nlan office alice bob x\n"));

    for (String address : List.of("172.16.1.11", "fd00:0:0:1::c")) {
      HostProcess ping = lab.host("alice").start("ping", "-c", "1", "-W", "2", address);
      assertThat(ping.await(PATIENCE)).isZero();
    }
  }

  @Test
  @Execution(CONCURRENT)
  void close_ends_processes_and_removes_namespaces(Lab lab) throws Exception {
    HostProcess sleeper = lab.host("bob").start("sleep", "60");
    lab.close();

    assertThat(sleeper.await(PATIENCE)).isNotZero();
    assertThat(new Namespaces(lab.prefix()).existing()).isEmpty();
    assertThat(Lab.running()).doesNotContain(lab.prefix());
  }

  private static boolean reaches(Lab lab, String host) throws InterruptedException {
    HostProcess ping =
        lab.host(host).start("ping", "-c", "1", "-i", "0.3", "-w", "4", "198.51.100.1");
    return ping.await(PATIENCE) == 0;
  }
}
