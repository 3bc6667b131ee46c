package dev.crust.proto.dial;

import static dev.crust.proto.dial.At.ms;
import static dev.crust.proto.dial.At.quic;
import static dev.crust.proto.dial.At.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Reason;
import dev.crust.proto.dial.DialRace.Effect;
import dev.crust.proto.dial.DialRace.Effect.Cancel;
import dev.crust.proto.dial.DialRace.Effect.Start;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DialRaceTest {
  private static final Candidate T4 = tcp("198.51.100.1");
  private static final Candidate T6 = tcp("2001:db8::1");
  private static final Candidate Q4 = quic("198.51.100.1");
  private static final Candidate Q6 = quic("2001:db8::1");

  private static DialRace race(Candidate... candidates) {
    return new DialRace(List.of(candidates), Duration.ofSeconds(10), ms(0));
  }

  @Test
  void tcp_and_udp_fine() {
    DialRace race = race(T4, Q4);
    assertThat(race.onTimeout(ms(0))).containsExactly(new Start(T4));
    assertThat(race.deadline()).isEqualTo(ms(250));
    List<Effect> effects = race.onConnected(T4, ms(80));
    assertThat(won(effects)).isEqualTo(T4);
    assertThat(effects).hasSize(1);
    assertThat(race.deadline()).isNull();
  }

  @Test
  void syns_dropped() {
    DialRace race = race(T4, Q4);
    race.onTimeout(ms(0));
    assertThat(race.onTimeout(ms(249))).isEmpty();
    assertThat(race.onTimeout(ms(250))).containsExactly(new Start(Q4));
    List<Effect> effects = race.onConnected(Q4, ms(330));
    assertThat(won(effects)).isEqualTo(Q4);
    assertThat(effects).doesNotContain(new Cancel(T4));
    assertThat(race.onTimeout(ms(10_000))).containsExactly(new Cancel(T4));
    assertThat(race.deadline()).isNull();
  }

  @Test
  void tcp_is_slower_and_still_gets_the_session() {
    DialRace race = race(T4, Q4);
    race.onTimeout(ms(0));
    race.onTimeout(ms(250));
    assertThat(won(race.onConnected(Q4, ms(300)))).isEqualTo(Q4);
    List<Effect> effects = race.onConnected(T4, ms(600));
    assertThat(effects).singleElement().isInstanceOf(Effect.Improved.class);
    Effect.Improved improved = (Effect.Improved) effects.get(0);
    assertThat(improved.candidate()).isEqualTo(T4);
    assertThat(improved.attempts()).extracting(Attempt::candidate).containsExactly(T4, Q4);
    assertThat(race.deadline()).isNull();
  }

  @Test
  void a_relay_is_faster_and_direct_paths_still_get_the_session() {
    DialRace race = race(T4, T6, Q4);
    race.onTimeout(ms(0));
    assertThat(race.onRelayed()).isEmpty();
    assertThat(race.onTimeout(ms(250))).containsExactly(new Start(T6), new Start(Q4));
    assertThat(race.onConnected(Q4, ms(300))).singleElement().isInstanceOf(Effect.Improved.class);
    assertThat(race.onConnected(T6, ms(400)))
        .hasSize(2)
        .contains(new Cancel(T4))
        .last()
        .isInstanceOf(Effect.Improved.class);
    assertThat(race.deadline()).isNull();
  }

  @Test
  void a_relay_is_faster_and_nothing_else_works() {
    DialRace race = race(T4);
    race.onTimeout(ms(0));
    race.onRelayed();
    assertThat(race.onFailed(T4, Reason.REFUSED, "", ms(10))).isEmpty();
    assertThat(race.deadline()).isNull();
    assertThat(race.onRelayed()).extracting(Attempt::candidate).containsExactly(T4);
  }

  @Test
  void a_background_that_fails_is_no_news() {
    DialRace race = race(T4, T6, Q4);
    race.onTimeout(ms(0));
    assertThat(race.onTimeout(ms(250))).containsExactly(new Start(T6), new Start(Q4));
    assertThat(won(race.onConnected(Q4, ms(300)))).isEqualTo(Q4);
    assertThat(race.onFailed(T4, Reason.REFUSED, "", ms(310))).isEmpty();
    assertThat(race.onFailed(T6, Reason.REFUSED, "", ms(320))).isEmpty();
    assertThat(race.deadline()).isNull();
  }

  @Test
  void broken_ipv6_costs_one_step() {
    DialRace race = race(T6, T4, Q6, Q4);
    assertThat(race.onTimeout(ms(0))).containsExactly(new Start(T6));
    assertThat(race.onTimeout(ms(250))).containsExactly(new Start(T4), new Start(Q6));
    assertThat(won(race.onConnected(T4, ms(290)))).isEqualTo(T4);
  }

  @Test
  void udp_dropped() {
    DialRace race = race(T4, Q4);
    race.onTimeout(ms(0));
    race.onTimeout(ms(250));
    List<Effect> effects = race.onConnected(T4, ms(400));
    assertThat(effects).startsWith(new Cancel(Q4));
    assertThat(won(effects)).isEqualTo(T4);
  }

  @Test
  void refusals_open_the_lane_of_quic_at_once() {
    DialRace race = race(T6, T4, Q4);
    race.onTimeout(ms(0));
    assertThat(race.onFailed(T6, Reason.UNREACHABLE, "", ms(1))).containsExactly(new Start(T4));
    assertThat(race.onFailed(T4, Reason.REFUSED, "", ms(20))).containsExactly(new Start(Q4));
    List<Effect> effects = race.onFailed(Q4, Reason.TIMEOUT, "", ms(5000));
    assertThat(effects).singleElement().isInstanceOf(Effect.Failed.class);
    assertThat(((Effect.Failed) effects.get(0)).reason()).isEqualTo(Reason.REFUSED);
  }

  @Test
  void quic_alone_starts_at_once() {
    DialRace race = race(Q4, Q6);
    assertThat(race.onTimeout(ms(0))).containsExactly(new Start(Q4));
    assertThat(race.onTimeout(ms(250))).containsExactly(new Start(Q6));
    assertThat(race.onConnected(Q6, ms(300))).startsWith(new Cancel(Q4));
    assertThat(race.deadline()).isNull();
  }

  @Test
  void on_a_lan_steps_are_short() {
    Candidate t = tcp("192.168.1.2");
    Candidate q = quic("192.168.1.2");
    DialRace race = race(t, q);
    race.onTimeout(ms(0));
    assertThat(race.deadline()).isEqualTo(ms(30));
    assertThat(race.onTimeout(ms(30))).containsExactly(new Start(q));
  }

  @Test
  void families_take_turns() {
    Candidate t4b = tcp("198.51.100.2");
    Candidate t4c = tcp("198.51.100.3");
    DialRace race = race(T4, t4b, t4c, T6);
    assertThat(race.onTimeout(ms(0))).containsExactly(new Start(T4));
    assertThat(race.onTimeout(ms(250))).containsExactly(new Start(T6));
    assertThat(race.onTimeout(ms(500))).containsExactly(new Start(t4b));
    assertThat(race.onTimeout(ms(750))).containsExactly(new Start(t4c));
  }

  @Test
  void time_is_over() {
    DialRace race = race(T4, Q4);
    race.onTimeout(ms(0));
    race.onTimeout(ms(250));
    List<Effect> effects = race.onTimeout(ms(10_000));
    assertThat(effects).startsWith(new Cancel(T4), new Cancel(Q4));
    assertThat(((Effect.Failed) effects.get(2)).reason()).isEqualTo(Reason.TIMEOUT);
    assertThat(race.onConnected(T4, ms(10_001))).isEmpty();
  }

  @Test
  void nothing_to_try() {
    DialRace race = race();
    assertThat(race.onTimeout(ms(0)))
        .containsExactly(new Effect.Failed(Reason.NO_CANDIDATES, List.of()));
  }

  @Test
  void given_up() {
    DialRace race = race(T4, Q4);
    race.onTimeout(ms(0));
    assertThat(race.onCancelled(ms(5))).containsExactly(new Cancel(T4));
    assertThat(race.onTimeout(ms(250))).isEmpty();
  }

  private static Candidate won(List<Effect> effects) {
    return ((Effect.Won) effects.get(effects.size() - 1)).candidate();
  }
}
