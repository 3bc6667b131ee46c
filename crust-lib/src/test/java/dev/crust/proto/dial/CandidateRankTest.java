package dev.crust.proto.dial;

import static dev.crust.proto.dial.At.quic;
import static dev.crust.proto.dial.At.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import dev.crust.proto.dial.CandidateRank.Found;
import dev.crust.proto.dial.CandidateRank.Kind;
import dev.crust.proto.dial.CandidateRank.Network;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class CandidateRankTest {
  private static Found host(Candidate candidate, Network network) {
    return new Found(candidate, Kind.HOST, network);
  }

  @Test
  void kinds_then_networks_then_families_then_tcp() {
    List<Found> found =
        new ArrayList<>(
            List.of(
                host(tcp("2001:db8::1"), Network.ORDINARY),
                host(quic("2001:db8::1"), Network.ORDINARY),
                host(tcp("192.168.1.2"), Network.ORDINARY),
                host(quic("192.168.1.2"), Network.ORDINARY),
                host(tcp("172.17.0.1"), Network.VIRTUAL),
                host(tcp("127.0.0.1"), Network.LOOPBACK),
                new Found(tcp("198.51.100.7"), Kind.MAPPED, Network.ORDINARY),
                new Found(quic("198.51.100.7"), Kind.SERVER_REFLEXIVE, Network.ORDINARY)));
    List<Candidate> inOrder = found.stream().map(Found::candidate).toList();
    Collections.shuffle(found, new Random(3));
    assertThat(CandidateRank.best(found)).isEqualTo(inOrder);
  }

  @Test
  void container_bridges_do_not_drive_out_the_rest() {
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      found.add(host(tcp("172.17." + i + ".1"), Network.VIRTUAL));
    }
    found.add(new Found(tcp("198.51.100.7"), Kind.SERVER_REFLEXIVE, Network.ORDINARY));
    assertThat(CandidateRank.best(found)).hasSize(5).contains(tcp("198.51.100.7"));
  }

  @Test
  void sixteen_at_most_and_none_twice() {
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      found.add(host(tcp("192.168.1." + i), Network.ORDINARY));
      found.add(host(tcp("192.168.1." + i), Network.ORDINARY));
    }
    assertThat(CandidateRank.best(found)).hasSize(16).doesNotHaveDuplicates();
  }

  @Test
  void many_addresses_of_one_sort_leave_room_for_the_others() {
    List<Found> found = new ArrayList<>();
    for (int i = 1; i <= 12; i++) {
      found.add(host(tcp("2001:db8::" + i), Network.ORDINARY));
      found.add(host(quic("2001:db8::" + i), Network.ORDINARY));
    }
    found.add(host(tcp("192.168.1.2"), Network.ORDINARY));
    found.add(host(quic("192.168.1.2"), Network.ORDINARY));
    found.add(host(tcp("10.8.0.2"), Network.VIRTUAL));
    found.add(new Found(quic("198.51.100.7"), Kind.SERVER_REFLEXIVE, Network.ORDINARY));
    assertThat(CandidateRank.best(found))
        .hasSize(16)
        .contains(tcp("2001:db8::1"), quic("2001:db8::1"))
        .endsWith(tcp("192.168.1.2"), quic("192.168.1.2"), tcp("10.8.0.2"), quic("198.51.100.7"));
  }

  @Test
  void the_formula_of_the_rfc() {
    Found found = host(tcp("2001:db8::1"), Network.ORDINARY);
    assertThat(CandidateRank.priority(found)).isEqualTo((126L << 24) + ((4 << 8 | 3) << 8) + 255);
  }
}
