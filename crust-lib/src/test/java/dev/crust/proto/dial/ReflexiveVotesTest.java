package dev.crust.proto.dial;

import static dev.crust.proto.dial.At.ip;
import static dev.crust.proto.dial.At.ms;
import static dev.crust.proto.dial.At.socket;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.Transport;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReflexiveVotesTest {
  private static final InetSocketAddress LOCAL = socket("192.168.1.2");
  private static final InetSocketAddress MAPPED = socket("198.51.100.7");

  private final ReflexiveVotes votes = new ReflexiveVotes();

  private void vote(String observer, InetSocketAddress mapped, long at) {
    votes.onObserved(Transport.QUIC, LOCAL, ip(observer), Optional.empty(), mapped, ms(at));
  }

  @Test
  void two_agree() {
    vote("203.0.113.1", MAPPED, 0);
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(1))).isEmpty();
    vote("203.0.113.1", MAPPED, 1);
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(2))).isEmpty();
    vote("203.0.113.2", MAPPED, 2);
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(3))).containsExactly(MAPPED);
    assertThat(votes.agreed(Transport.TCP, LOCAL, ms(3))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"198.51.100.7, 0", "0.0.0.0, 1", "127.0.0.1, 1", "fe80::1, 1", "224.0.0.1, 1"})
  void what_nobody_could_dial_is_no_vote(String ip, int port) {
    vote("203.0.113.1", new InetSocketAddress(ip(ip), port), 0);
    vote("203.0.113.2", new InetSocketAddress(ip(ip), port), 1);
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(2))).isEmpty();
  }

  @Test
  void a_peer_of_two_addresses_has_one_vote() {
    PeerId one = Identity.ephemeral().peerId();
    PeerId other = Identity.ephemeral().peerId();
    votes.onObserved(Transport.QUIC, LOCAL, ip("203.0.113.1"), Optional.of(one), MAPPED, ms(0));
    votes.onObserved(Transport.QUIC, LOCAL, ip("203.0.113.2"), Optional.of(one), MAPPED, ms(1));
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(2))).isEmpty();
    votes.onObserved(Transport.QUIC, LOCAL, ip("203.0.113.2"), Optional.of(other), MAPPED, ms(2));
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(3))).isEmpty();
    votes.onObserved(Transport.QUIC, LOCAL, ip("203.0.113.1"), Optional.of(one), MAPPED, ms(3));
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(4))).containsExactly(MAPPED);
  }

  @Test
  void a_mapping_for_each_destination_never_counts() {
    for (int i = 1; i < 20; i++) {
      vote("203.0.113." + i, new InetSocketAddress(ip("198.51.100.7"), 5000 + i), i);
    }
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(30))).isEmpty();
  }

  @Test
  void who_sees_another_takes_its_vote_back() {
    vote("203.0.113.1", MAPPED, 0);
    vote("203.0.113.2", MAPPED, 1);
    vote("203.0.113.2", socket("198.51.100.8"), 2);
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(3))).isEmpty();
  }

  @Test
  void votes_grow_old() {
    vote("203.0.113.1", MAPPED, 0);
    vote("203.0.113.2", MAPPED, 1);
    long later = ReflexiveVotes.LIFETIME.toMillis() + 1;
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(later))).isEmpty();
  }

  @Test
  void no_nat_is_no_news() {
    vote("203.0.113.1", LOCAL, 0);
    vote("203.0.113.2", LOCAL, 1);
    assertThat(votes.agreed(Transport.QUIC, LOCAL, ms(2))).isEmpty();
  }
}
