package dev.crust.proto.nat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.NatBehaviour.Hairpin;
import dev.crust.spi.PortAllocation;
import dev.crust.spi.Profile;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import dev.crust.spi.Profile.Outbound;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PortEvidenceTest {
  private static final InetSocketAddress LOCAL = new InetSocketAddress("192.168.1.10", 4001);
  private static final InetSocketAddress ONE = new InetSocketAddress("198.51.100.1", 5000);
  private static final InetSocketAddress SAME_HOST = new InetSocketAddress("198.51.100.1", 5001);
  private static final InetSocketAddress OTHER = new InetSocketAddress("203.0.113.1", 5000);

  private static InetSocketAddress seen(int port) {
    return new InetSocketAddress("198.18.0.1", port);
  }

  private static PortEvidence evidence(Map<InetSocketAddress, InetSocketAddress> seen) {
    return new PortEvidence(LOCAL, seen, seen.size(), Optional.empty());
  }

  @ParameterizedTest
  @CsvSource({
    "4001, 4001, ENDPOINT_INDEPENDENT",
    "7000, 7000, ENDPOINT_INDEPENDENT",
    "7000, 7001, ADDRESS_DEPENDENT",
  })
  void two_observers_tell_the_mapping(int one, int other, Mapping mapping) {
    Profile profile = evidence(Map.of(ONE, seen(one), OTHER, seen(other))).profile();
    assertThat(profile.mapping()).isEqualTo(mapping);
    assertThat(profile.filtering()).isEqualTo(Filtering.UNKNOWN);
    assertThat(profile.outbound()).isEqualTo(Outbound.FREE);
  }

  @Test
  void one_observer_does_not_unless_it_sees_our_own_address() {
    PortEvidence one = evidence(Map.of(ONE, seen(7000)));
    assertThat(one.profile().mapping()).isEqualTo(Mapping.UNKNOWN);
    assertThat(one.reflexive()).containsExactly(seen(7000));
    PortEvidence oneHost = evidence(Map.of(ONE, seen(7000), SAME_HOST, seen(7001)));
    assertThat(oneHost.profile().mapping()).isEqualTo(Mapping.UNKNOWN);
    PortEvidence open = evidence(Map.of(ONE, LOCAL));
    assertThat(open.profile().mapping()).isEqualTo(Mapping.NONE);
    assertThat(open.reflexive()).isEmpty();
  }

  @Test
  void of_addresses_seen_equally_often_those_seen_first_are_told() {
    Map<InetSocketAddress, InetSocketAddress> seen = new LinkedHashMap<>();
    for (int i = 0; i < 8; i++) {
      seen.put(new InetSocketAddress("198.51.100." + i * 5 % 8, 5000), seen(7000 + i));
    }
    assertThat(evidence(seen).reflexive()).containsExactly(seen(7000), seen(7001));
  }

  @Test
  void one_that_is_silent_may_be_at_fault_itself() {
    assertThat(new PortEvidence(LOCAL, Map.of(), 1, Optional.empty()).profile())
        .isEqualTo(Profile.UNKNOWN);
    assertThat(new PortEvidence(LOCAL, Map.of(), 2, Optional.empty()).profile())
        .isEqualTo(Profile.BLOCKED);
  }

  @Test
  void a_discovery_tells_more_and_what_it_leaves_open_observers_may_know() {
    NatBehaviour thorough =
        new NatBehaviour(
            Mapping.ADDRESS_AND_PORT_DEPENDENT,
            Filtering.ADDRESS_AND_PORT_DEPENDENT,
            PortAllocation.sequential(1),
            Hairpin.UNKNOWN,
            List.of(seen(7000)));
    NatBehaviour bySingleAddress =
        new NatBehaviour(
            Mapping.UNKNOWN,
            Filtering.UNKNOWN,
            PortAllocation.PRESERVED,
            Hairpin.UNKNOWN,
            List.of(seen(7000)));
    Map<InetSocketAddress, InetSocketAddress> seen = Map.of(ONE, seen(4001), OTHER, seen(4001));
    Profile full = new PortEvidence(LOCAL, seen, 2, Optional.of(thorough)).profile();
    assertThat(full.mapping()).isEqualTo(Mapping.ADDRESS_AND_PORT_DEPENDENT);
    assertThat(full.allocation()).isEqualTo(PortAllocation.sequential(1));
    Profile filled = new PortEvidence(LOCAL, seen, 2, Optional.of(bySingleAddress)).profile();
    assertThat(filled.mapping()).isEqualTo(Mapping.ENDPOINT_INDEPENDENT);
    assertThat(filled.allocation()).isEqualTo(PortAllocation.PRESERVED);
  }

  @Test
  void what_most_observers_see_comes_first_and_nonsense_not_at_all() {
    InetSocketAddress third = new InetSocketAddress("203.0.113.2", 5000);
    InetSocketAddress fourth = new InetSocketAddress("203.0.113.3", 5000);
    InetSocketAddress nowhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);
    Map<InetSocketAddress, InetSocketAddress> seen =
        Map.of(ONE, seen(1), OTHER, seen(2), third, seen(2), fourth, nowhere);
    assertThat(evidence(seen).reflexive()).containsExactly(seen(2), seen(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"198.51.100.1", "2001:db8::1", "100.128.0.1"})
  void observers_outside(String ip) throws Exception {
    assertThat(PortEvidence.isOutside(InetAddress.getAllByName(ip)[0])).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.0.1",
        "100.64.0.1",
        "fd00::1",
        "fe80::1",
        "::1",
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255"
      })
  void observers_who_may_stand_on_our_side_of_a_nat(String ip) throws Exception {
    assertThat(PortEvidence.isOutside(InetAddress.getAllByName(ip)[0])).isFalse();
  }
}
