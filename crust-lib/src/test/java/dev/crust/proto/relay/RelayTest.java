package dev.crust.proto.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.PeerId;
import dev.crust.proto.relay.Relay.Answer;
import dev.crust.proto.relay.Relay.Verdict;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RelayTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final PeerId SELF = peer(0);
  private static final PeerId ALICE = peer(1);
  private static final PeerId BOB = peer(2);
  private static final RelayLimits LIMITS =
      new RelayLimits(3, 2, Duration.ofHours(1), 4, 2, 3, 1000, 500, 10_000, Duration.ofMinutes(1));

  private final Relay relay = new Relay(SELF, LIMITS);

  static PeerId peer(int number) {
    byte[] key = new byte[PeerId.LENGTH];
    key[30] = (byte) (number >> 8);
    key[31] = (byte) number;
    return PeerId.of(key);
  }

  private static InetAddress ip(int number) {
    return new InetSocketAddress("198.51.100." + number, 1).getAddress();
  }

  private static Instant at(long millis) {
    return T0.plusMillis(millis);
  }

  private long open(PeerId from, PeerId to, long millis) {
    return ((Answer.Opened) relay.onOpen(from, ip(1), to, id -> true, at(millis))).circuit();
  }

  private static Answer refused(RelayRefusal why) {
    return new Answer.Refused(why);
  }

  @Test
  void who_has_reserved_can_be_reached() {
    assertThat(relay.onReserve(BOB, ip(2), T0)).isEqualTo(new Answer.Reserved(at(3_600_000)));
    long circuit = open(ALICE, BOB, 0);
    assertThat(relay.onData(circuit, ALICE, 100, T0)).isEqualTo(new Verdict.Pass(BOB));
    assertThat(relay.onData(circuit, BOB, 100, T0)).isEqualTo(new Verdict.Pass(ALICE));
    assertThat(relay.onData(circuit, peer(9), 100, T0)).isEqualTo(new Verdict.Drop());
    assertThat(relay.onData(circuit + 1, ALICE, 100, T0)).isEqualTo(new Verdict.Drop());
    assertThat(relay.onClose(circuit, peer(9))).isEmpty();
    assertThat(relay.onClose(circuit, BOB))
        .contains(new Relay.Closed(circuit, ALICE, BOB, RelayRefusal.CLOSED));
  }

  @Test
  void refuses_with_a_reason() {
    assertThat(relay.onOpen(ALICE, ip(1), BOB, id -> true, T0))
        .isEqualTo(refused(RelayRefusal.NO_RESERVATION));
    assertThat(relay.onOpen(ALICE, ip(1), BOB, id -> false, T0))
        .isEqualTo(refused(RelayRefusal.NOT_CONNECTED));
    assertThat(relay.onOpen(ALICE, ip(1), SELF, id -> true, T0))
        .isEqualTo(refused(RelayRefusal.SELF));
    assertThat(relay.onOpen(ALICE, ip(1), ALICE, id -> true, T0))
        .isEqualTo(refused(RelayRefusal.SELF));
    Relay none = new Relay(SELF, RelayLimits.NONE);
    assertThat(none.onReserve(BOB, ip(2), T0)).isEqualTo(refused(RelayRefusal.NOT_OFFERED));
    assertThat(none.onOpen(ALICE, ip(1), BOB, id -> true, T0))
        .isEqualTo(refused(RelayRefusal.NOT_OFFERED));
  }

  @Test
  void reservations_are_bounded_in_number_and_by_address_and_expire() {
    relay.onReserve(peer(11), ip(1), T0);
    relay.onReserve(peer(12), ip(1), T0);
    assertThat(relay.onReserve(peer(13), ip(1), T0))
        .isEqualTo(refused(RelayRefusal.TOO_MANY_FROM_ADDRESS));
    assertThat(relay.onReserve(peer(12), ip(1), T0))
        .as("renewal")
        .isInstanceOf(Answer.Reserved.class);
    relay.onReserve(peer(14), ip(2), T0);
    assertThat(relay.onReserve(peer(15), ip(3), T0))
        .isEqualTo(refused(RelayRefusal.TOO_MANY_RESERVATIONS));
    assertThat(relay.onReserve(peer(15), ip(3), at(3_600_000))).isInstanceOf(Answer.Reserved.class);
    assertThat(relay.onOpen(ALICE, ip(9), peer(14), id -> true, at(3_600_000)))
        .isEqualTo(refused(RelayRefusal.NO_RESERVATION));
  }

  @Test
  void circuits_are_bounded_in_number_by_peer_and_by_address() {
    relay.onReserve(BOB, ip(2), T0);
    relay.onReserve(peer(3), ip(3), T0);
    open(ALICE, BOB, 0);
    open(ALICE, BOB, 0);
    assertThat(relay.onOpen(ALICE, ip(1), peer(3), id -> true, T0))
        .isEqualTo(refused(RelayRefusal.TOO_MANY_OF_PEER));
    assertThat(relay.onOpen(peer(4), ip(4), BOB, id -> true, T0))
        .isEqualTo(refused(RelayRefusal.TOO_MANY_OF_PEER));
    open(peer(5), peer(3), 0);
    assertThat(relay.onOpen(peer(6), ip(1), peer(3), id -> true, T0))
        .isEqualTo(refused(RelayRefusal.TOO_MANY_FROM_ADDRESS));
    assertThat(relay.onOpen(peer(6), ip(6), peer(3), id -> true, T0))
        .isInstanceOf(Answer.Opened.class);
    assertThat(relay.onOpen(peer(7), ip(7), peer(3), id -> true, T0))
        .isEqualTo(refused(RelayRefusal.TOO_MANY_CIRCUITS));
  }

  @Test
  void a_rate_is_kept_by_pauses_and_who_heeds_none_is_cut() {
    relay.onReserve(BOB, ip(2), T0);
    long circuit = open(ALICE, BOB, 0);
    assertThat(relay.onData(circuit, ALICE, 500, T0)).isEqualTo(new Verdict.Pass(BOB));
    assertThat(relay.onData(circuit, ALICE, 300, T0))
        .isEqualTo(new Verdict.PassAndPause(BOB, at(300)));
    assertThat(relay.onData(circuit, ALICE, 100, at(400))).isEqualTo(new Verdict.Pass(BOB));
    relay.onData(circuit, ALICE, 400, at(400));
    assertThat(relay.onData(circuit, ALICE, 400, at(400)))
        .isEqualTo(
            new Verdict.Cut(new Relay.Closed(circuit, ALICE, BOB, RelayRefusal.RATE_EXCEEDED)));
    assertThat(relay.onData(circuit, ALICE, 1, at(400))).isEqualTo(new Verdict.Drop());
  }

  @Test
  void bytes_and_time_run_out() {
    relay.onReserve(BOB, ip(2), T0);
    long circuit = open(ALICE, BOB, 0);
    for (int i = 0; i < 20; i++) {
      assertThat(relay.onData(circuit, ALICE, 500, at(500L * i))).isInstanceOf(Verdict.Pass.class);
    }
    assertThat(relay.onData(circuit, ALICE, 1, at(10_000)))
        .isEqualTo(
            new Verdict.Cut(new Relay.Closed(circuit, ALICE, BOB, RelayRefusal.BYTES_SPENT)));
    long second = open(ALICE, BOB, 20_000);
    assertThat(relay.deadline()).isEqualTo(at(80_000));
    assertThat(relay.onTimeout(at(79_999))).isEmpty();
    assertThat(relay.onTimeout(at(80_000)))
        .containsExactly(new Relay.Closed(second, ALICE, BOB, RelayRefusal.TIME_SPENT));
    assertThat(relay.deadline()).isEqualTo(Instant.MAX);
  }

  @Test
  void who_goes_takes_circuits_and_reservation_along() {
    relay.onReserve(BOB, ip(2), T0);
    long circuit = open(ALICE, BOB, 0);
    assertThat(relay.onGone(BOB))
        .containsExactly(new Relay.Closed(circuit, ALICE, BOB, RelayRefusal.PEER_GONE));
    assertThat(relay.onOpen(ALICE, ip(1), BOB, id -> true, T0))
        .isEqualTo(refused(RelayRefusal.NO_RESERVATION));
  }

  @Test
  void requests_in_a_row_are_too_fast() {
    relay.onReserve(BOB, ip(2), T0);
    Answer last = refused(RelayRefusal.CLOSED);
    for (int i = 0; i < 17; i++) {
      last = relay.onOpen(ALICE, ip(1), peer(9), id -> false, T0);
    }
    assertThat(last).isEqualTo(refused(RelayRefusal.TOO_FAST));
    assertThat(Optional.of(relay.onOpen(ALICE, ip(1), BOB, id -> true, at(1000))))
        .containsInstanceOf(Answer.Opened.class);
  }
}
