package dev.crust.proto.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.PeerId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@link Reservations} and {@link CircuitDial}. */
class RelayClientTest {
  private static final PeerId ONE = RelayTest.peer(1);
  private static final PeerId TWO = RelayTest.peer(2);
  private static final PeerId THREE = RelayTest.peer(3);
  private static final Duration HOUR = Duration.ofHours(1);

  private final Reservations reservations = new Reservations(2);

  private static Instant at(long millis) {
    return Instant.EPOCH.plusMillis(millis);
  }

  private static Reservations.Effect reserve(PeerId relay) {
    return new Reservations.Effect.Reserve(relay);
  }

  private static Reservations.Effect changed(PeerId... relays) {
    return new Reservations.Effect.Changed(List.of(relays));
  }

  @Test
  void keeps_two_of_three_and_replaces_one_that_dies() {
    assertThat(reservations.onRelay(ONE, at(0))).containsExactly(reserve(ONE));
    assertThat(reservations.onRelay(TWO, at(0))).containsExactly(reserve(TWO));
    assertThat(reservations.onRelay(THREE, at(0))).isEmpty();
    assertThat(reservations.onReserved(ONE, HOUR, at(40))).containsExactly(changed(ONE));
    assertThat(reservations.onReserved(TWO, HOUR, at(40))).containsExactly(changed(ONE, TWO));
    assertThat(reservations.onGone(ONE, at(1000))).containsExactly(reserve(THREE), changed(TWO));
    assertThat(reservations.onReserved(THREE, HOUR, at(1040))).containsExactly(changed(TWO, THREE));
  }

  @Test
  void renews_at_half_life() {
    reservations.onRelay(ONE, at(0));
    reservations.onReserved(ONE, HOUR, at(0));
    assertThat(reservations.deadline()).isEqualTo(at(1_800_000));
    assertThat(reservations.onTimeout(at(1_800_000))).containsExactly(reserve(ONE));
    assertThat(reservations.onReserved(ONE, HOUR, at(1_800_040))).isEmpty();
    assertThat(reservations.deadline()).isEqualTo(at(3_600_040));
  }

  @Test
  void who_refuses_rests_longer_each_time() {
    reservations.onRelay(ONE, at(0));
    assertThat(reservations.onRefused(ONE, at(0))).isEmpty();
    assertThat(reservations.deadline()).isEqualTo(at(60_000));
    assertThat(reservations.onTimeout(at(60_000))).containsExactly(reserve(ONE));
    assertThat(reservations.onTimeout(at(65_000))).as("no answer").isEmpty();
    assertThat(reservations.deadline()).isEqualTo(at(185_000));
  }

  @Test
  void a_moment_of_grace_is_no_reason_to_ask_without_end() {
    reservations.onRelay(ONE, at(0));
    reservations.onReserved(ONE, Duration.ZERO, at(0));
    assertThat(reservations.deadline()).isEqualTo(at(15_000));
    assertThat(reservations.onReserved(TWO, HOUR, at(1))).as("not asked").isEmpty();
  }

  @Test
  void a_circuit_is_dialled_by_one_relay_after_the_other() {
    CircuitDial dial = new CircuitDial(List.of(ONE, TWO, THREE), at(0));
    assertThat(dial.onTimeout(at(0))).containsExactly(new CircuitDial.Effect.Open(ONE));
    assertThat(dial.deadline()).isEqualTo(at(250));
    assertThat(dial.onTimeout(at(250))).containsExactly(new CircuitDial.Effect.Open(TWO));
    assertThat(dial.onRefused(TWO, RelayRefusal.NOT_CONNECTED, at(300)))
        .containsExactly(new CircuitDial.Effect.Open(THREE));
    assertThat(dial.onOpened(ONE, 7)).containsExactly(new CircuitDial.Effect.Use(ONE, 7));
    assertThat(dial.onOpened(THREE, 8)).containsExactly(new CircuitDial.Effect.Close(THREE, 8));
  }

  @Test
  void a_circuit_that_caps_or_dies_is_replaced_and_none_is_needed_when_direct() {
    CircuitDial dial = new CircuitDial(List.of(ONE, TWO), at(0));
    dial.onTimeout(at(0));
    dial.onOpened(ONE, 7);
    assertThat(dial.deadline()).isEqualTo(Instant.MAX);
    assertThat(dial.onClosed(ONE, 6, RelayRefusal.BYTES_SPENT, at(1000))).isEmpty();
    assertThat(dial.onClosed(ONE, 7, RelayRefusal.BYTES_SPENT, at(1000)))
        .containsExactly(new CircuitDial.Effect.Open(TWO));
    assertThat(dial.onOpened(TWO, 9)).containsExactly(new CircuitDial.Effect.Use(TWO, 9));
    assertThat(dial.onDirect()).containsExactly(new CircuitDial.Effect.Close(TWO, 9));
    assertThat(dial.onOpened(TWO, 10)).containsExactly(new CircuitDial.Effect.Close(TWO, 10));
    assertThat(dial.deadline()).isEqualTo(Instant.MAX);
  }

  @Test
  void says_once_that_no_relay_is_left_and_goes_on_when_one_comes() {
    CircuitDial dial = new CircuitDial(List.of(ONE), at(0));
    dial.onTimeout(at(0));
    assertThat(dial.onTimeout(at(5000)))
        .containsExactly(new CircuitDial.Effect.Exhausted(Map.of(ONE, RelayRefusal.PEER_GONE)));
    assertThat(dial.onTimeout(at(6000))).isEmpty();
    assertThat(dial.onRelay(TWO, at(7000))).containsExactly(new CircuitDial.Effect.Open(TWO));
    assertThat(dial.onRefused(TWO, RelayRefusal.SELF, at(7040))).hasSize(1);
    assertThat(dial.deadline()).isEqualTo(at(65_000));
    assertThat(dial.onTimeout(at(65_000))).containsExactly(new CircuitDial.Effect.Open(ONE));
  }
}
