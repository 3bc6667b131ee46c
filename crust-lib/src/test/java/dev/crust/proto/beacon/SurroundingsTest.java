package dev.crust.proto.beacon;

import static dev.crust.proto.beacon.Given.ethernet;
import static dev.crust.proto.beacon.Given.ip;
import static dev.crust.proto.beacon.Given.loopback;
import static dev.crust.proto.beacon.Given.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SurroundingsTest {
  private final LanInterface eth0 =
      ethernet("eth0", 2, "192.0.2.1/24", "fe80::1%2/64", "2001:db8::1%2/64");
  private final LanInterface eth1 = ethernet("eth1", 3, "198.51.100.1/24", "fe80::1%3/64");

  @Test
  void listening_on_loopback_alone_uses_loopback_alone() {
    assertThat(links(tcp("127.0.0.1", 1))).containsExactly("127.0.0.1 on lo");
    assertThat(links(tcp("127.0.0.9", 1))).containsExactly("127.0.0.1 on lo");
    assertThat(links(tcp("::1", 1))).containsExactly("127.0.0.1 on lo");
    assertThat(here(tcp("127.0.0.1", 1)).links().get(0).targets())
        .containsExactly(ip("127.255.255.255"));
  }

  @Test
  void an_interface_with_a_listening_address_is_used_with_all_its_addresses() {
    assertThat(links(tcp("192.0.2.1", 1)))
        .containsExactly(
            "192.0.2.1 on eth0", "fe80:0:0:0:0:0:0:1 on eth0", "2001:db8:0:0:0:0:0:1 on eth0");
  }

  @Test
  void a_link_local_address_is_told_apart_by_its_zone() {
    assertThat(links(tcp("fe80::1%3", 1)))
        .containsExactly("198.51.100.1 on eth1", "fe80:0:0:0:0:0:0:1 on eth1");
  }

  @Test
  void targets() {
    List<Link> links = here(tcp("192.0.2.1", 1)).links();
    assertThat(links.get(0).targets()).containsExactly(ip("239.255.84.84"), ip("192.0.2.255"));
    assertThat(links.get(1).targets()).containsExactly(ip("ff12::5484"));
    assertThat(Surroundings.GROUP6.isMCLinkLocal()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.77/24, 192.0.2.255",
    "10.1.2.3/8, 10.255.255.255",
    "10.1.2.3/12, 10.15.255.255",
    "192.0.2.77/30, 192.0.2.79",
    "192.0.2.77/31, ",
    "192.0.2.77/32, "
  })
  void broadcast(String address, @Nullable String expected) {
    LanInterface nif = ethernet("eth7", 7, address);
    List<InetAddress> targets =
        Surroundings.of(List.of(nif), List.of(tcp(address.split("/", -1)[0], 1)))
            .links()
            .get(0)
            .targets();
    assertThat(targets.stream().skip(1).map(InetAddress::getHostAddress).findFirst())
        .isEqualTo(Optional.ofNullable(expected));
  }

  @Test
  void no_candidates_no_links() {
    assertThat(links()).isEmpty();
  }

  @Test
  void tunnels_are_no_lans() {
    LanInterface tunnel = new LanInterface("wg0", 9, true, true, eth0.addresses());
    assertThat(Surroundings.of(List.of(tunnel), List.of(tcp("192.0.2.1", 1))).links()).isEmpty();
  }

  @Test
  void interfaces_and_addresses_are_bounded() {
    List<LanInterface> many =
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    ethernet(
                        "veth" + i,
                        100 - i,
                        IntStream.range(0, 20)
                            .mapToObj(j -> "10.0.%d.%d/24".formatted(i, j + 1))
                            .toArray(String[]::new)))
            .toList();
    List<Candidate> all =
        IntStream.range(0, 40).mapToObj(i -> tcp("10.0.%d.17".formatted(i), 1)).toList();
    List<Link> links = Surroundings.of(many, all).links();
    assertThat(links).hasSize(16 * 4);
    assertThat(links.get(0).toString()).isEqualTo("10.0.39.17 on veth39");
  }

  @Test
  void answers_leave_on_the_link_of_the_asker() {
    Surroundings here = here(tcp("192.0.2.1", 1), tcp("198.51.100.1", 1), tcp("127.0.0.1", 1));
    assertThat(towards(here, "198.51.100.77")).isEqualTo("198.51.100.1 on eth1");
    assertThat(towards(here, "fe80::77%3")).isEqualTo("fe80:0:0:0:0:0:0:1 on eth1");
    assertThat(towards(here, "fe80::77%2")).isEqualTo("fe80:0:0:0:0:0:0:1 on eth0");
    assertThat(towards(here, "2001:db8::77")).isEqualTo("2001:db8:0:0:0:0:0:1 on eth0");
    assertThat(towards(here, "192.0.2.1")).isEqualTo("192.0.2.1 on eth0");
    assertThat(towards(here, "127.0.0.5")).isEqualTo("127.0.0.1 on lo");
    assertThat(towards(here, "203.0.113.5")).isEqualTo("none");
    assertThat(towards(here, "2001:db8:1::5")).isEqualTo("none");
    assertThat(towards(here, "fe80::77%9")).isEqualTo("none");
  }

  private Surroundings here(Candidate... candidates) {
    return Surroundings.of(List.of(loopback(), eth0, eth1), List.of(candidates));
  }

  private List<String> links(Candidate... candidates) {
    return here(candidates).links().stream().map(Link::toString).toList();
  }

  private static String towards(Surroundings here, String source) {
    InetAddress asker = ip(source);
    return here.linkTowards(asker).map(Link::toString).orElse("none");
  }
}
