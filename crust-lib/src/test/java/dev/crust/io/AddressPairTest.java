package dev.crust.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which two addresses make a STUN server of two addresses. */
final class AddressPairTest {
  @Test
  void two_of_the_public_network() {
    assertThat(pair(Inet4Address.class, "192.168.1.2", "198.51.100.1", "203.0.113.1"))
        .contains(new AddressPair(at("198.51.100.1"), at("203.0.113.1")));
  }

  @Test
  void not_one_that_only_some_can_reach() {
    assertThat(pair(Inet4Address.class, "198.51.100.1", "10.0.0.1", "127.0.0.1", "100.64.0.1"))
        .isEmpty();
    assertThat(pair(Inet6Address.class, "2001:db8::1", "fd00::1", "fe80::1", "::1")).isEmpty();
  }

  @Test
  void one_family() {
    assertThat(pair(Inet4Address.class, "198.51.100.1", "2001:db8::1")).isEmpty();
  }

  @Test
  void one_port_number() {
    InetSocketAddress elsewhere = new InetSocketAddress("203.0.113.1", 4002);
    assertThat(
            AddressPair.of(Stream.of(at("198.51.100.1"), elsewhere).toList(), Inet4Address.class))
        .isEmpty();
  }

  @Test
  void two_networks_of_ipv6() {
    assertThat(pair(Inet6Address.class, "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"))
        .contains(new AddressPair(at("2001:db8::1"), at("2001:db8:0:1::1")));
  }

  private static Optional<AddressPair> pair(Class<? extends InetAddress> family, String... ips) {
    return AddressPair.of(Stream.of(ips).map(AddressPairTest::at).toList(), family);
  }

  private static InetSocketAddress at(String ip) {
    return new InetSocketAddress(ip, 4001);
  }
}
