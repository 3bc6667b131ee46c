package dev.crust.proto.punch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.punch.PunchReport.Outcome;
import dev.crust.proto.punch.TcpPunch.Effect;
import dev.crust.proto.punch.TcpPunch.Failure;
import dev.crust.spi.Protocol;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TcpPunchTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final TraversalCandidate REFLEXIVE =
      Situations.candidate(Kind.SERVER_REFLEXIVE, Protocol.TCP, "198.51.100.2");
  private static final InetSocketAddress REMOTE = REFLEXIVE.address();
  private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("198.51.100.2", 9);
  private static final Set<InetAddress> VOUCHED = Set.of(REMOTE.getAddress());
  private static final Plan.Step.Punch STEP =
      new Plan.Step.Punch(
          Protocol.TCP,
          Set.of(Reach.IPV4),
          Optional.empty(),
          Duration.ofMillis(10),
          Duration.ofSeconds(3));

  private final TcpPunch controlling = punch(Side.CONTROLLING);
  private final TcpPunch controlled = punch(Side.CONTROLLED);

  private static TcpPunch punch(Side side) {
    return new TcpPunch(side, STEP, new PunchBudget(), new SplittableRandom(1));
  }

  private static Instant at(long millis) {
    return T0.plusMillis(millis);
  }

  private static List<String> words(List<Effect> effects) {
    List<String> words = new ArrayList<>();
    for (Effect effect : effects) {
      if (effect instanceof Effect.Dial dial) {
        words.add("dial " + dial.remote().getPort());
      } else if (effect instanceof Effect.Close close) {
        words.add("close " + close.remote().getPort());
      } else if (effect instanceof Effect.Secure secure) {
        words.add("secure " + secure.remote().getPort() + " " + secure.role());
      } else if (effect instanceof Effect.Done done) {
        words.add("done " + done.remote().kind());
      } else {
        words.add("over");
      }
    }
    return words;
  }

  private static List<String> begin(TcpPunch punch) {
    return words(punch.onRound(1, T0, List.of(REFLEXIVE), VOUCHED, T0));
  }

  @Test
  void the_controlling_side_is_the_client_of_what_it_dialled() {
    assertThat(begin(controlling)).containsExactly("dial 4001");
    assertThat(words(controlling.onConnected(REMOTE, at(40))))
        .containsExactly("secure 4001 CLIENT");
    assertThat(words(controlling.onSecured(REMOTE, at(120))))
        .containsExactly("done server-reflexive");
    assertThat(controlling.deadline()).isEqualTo(Instant.MAX);
    assertThat(controlling.report().tries().get(0).outcome()).isEqualTo(Outcome.WON);
  }

  @Test
  void the_controlled_side_is_the_server_of_what_it_dialled() {
    begin(controlled);
    assertThat(words(controlled.onConnected(REMOTE, at(40)))).containsExactly("secure 4001 SERVER");
  }

  @Test
  void accept_and_connect_are_raced_and_one_is_kept() {
    begin(controlling);
    assertThat(words(controlling.onAccepted(ELSEWHERE, at(30)))).containsExactly("secure 9 CLIENT");
    assertThat(controlling.onConnected(REMOTE, at(40))).isEmpty();
    assertThat(words(controlling.onSecured(ELSEWHERE, at(100))))
        .containsExactly("close 4001", "done peer-reflexive");
  }

  @Test
  void the_controlled_side_lets_the_other_choose() {
    begin(controlled);
    assertThat(words(controlled.onAccepted(ELSEWHERE, at(30)))).containsExactly("secure 9 SERVER");
    assertThat(words(controlled.onConnected(REMOTE, at(40)))).containsExactly("secure 4001 SERVER");
    assertThat(words(controlled.onSecured(REMOTE, at(100))))
        .containsExactly("close 9", "done server-reflexive");
  }

  @Test
  void who_is_not_the_peer_gives_way_to_the_next() {
    begin(controlling);
    controlling.onAccepted(ELSEWHERE, at(30));
    controlling.onConnected(REMOTE, at(40));
    assertThat(words(controlling.onFailed(ELSEWHERE, Failure.NOT_THE_PEER, at(50))))
        .containsExactly("secure 4001 CLIENT");
  }

  @Test
  void refusals_are_met_with_tries_at_random_pauses_for_three_seconds() {
    begin(controlling);
    long now = 1;
    int dials = 1;
    controlling.onFailed(REMOTE, Failure.REFUSED, at(now));
    while (controlling.deadline().isBefore(at(3010))) {
      long due = Duration.between(T0, controlling.deadline()).toMillis();
      assertThat(due - now).isBetween(5L, 30L);
      assertThat(words(controlling.onTimeout(at(due)))).containsExactly("dial 4001");
      now = due + 1;
      dials++;
      controlling.onFailed(REMOTE, dials % 2 == 0 ? Failure.REFUSED : Failure.IN_USE, at(now));
    }
    assertThat(dials).isBetween(100, 250);
    assertThat(words(controlling.onTimeout(at(3010)))).containsExactly("over");
    assertThat(controlling.report().tries().get(0).outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(controlling.report().flows()).isEqualTo(1);
  }

  @Test
  void a_stranger_gets_no_more_than_its_packets_however_it_refuses() {
    controlling.onRound(1, T0, List.of(REFLEXIVE), Set.of(), T0);
    int round = 1;
    long now = 0;
    while (round <= 3) {
      controlling.onFailed(REMOTE, Failure.REFUSED, at(now));
      now = Duration.between(T0, controlling.deadline()).toMillis();
      if (words(controlling.onTimeout(at(now))).contains("over")) {
        round++;
        controlling.onRound(round, at(now), List.of(REFLEXIVE), Set.of(), at(now));
      }
    }
    assertThat(controlling.report().packets()).isEqualTo(PunchBudget.STRANGER_PACKETS);
  }

  @Test
  void a_vouched_address_that_stays_silent_gets_few() {
    for (int round = 1; round <= 3; round++) {
      Instant begin = at(10_000L * round);
      controlling.onRound(round, begin, List.of(REFLEXIVE), VOUCHED, begin);
      while (!controlling.deadline().equals(Instant.MAX)) {
        controlling.onTimeout(controlling.deadline());
      }
    }
    // By 0, 1, 2 and 3 s, and twice more where another round may come.
    assertThat(controlling.report().packets()).isEqualTo(16);
  }

  @Test
  void a_dial_that_hangs_is_left_to_the_kernel_which_repeats_it() {
    begin(controlling);
    for (long repeated : new long[] {900, 1900, 2900}) {
      assertThat(controlling.deadline()).isEqualTo(at(repeated));
      assertThat(controlling.onTimeout(at(repeated))).isEmpty();
    }
    assertThat(words(controlling.onConnected(REMOTE, at(2950))))
        .containsExactly("secure 4001 CLIENT");
    assertThat(controlling.report().packets()).isEqualTo(4);
  }

  @Test
  void a_stranger_that_stays_silent_is_left_before_the_kernel_sends_too_much() {
    controlling.onRound(1, T0, List.of(REFLEXIVE), Set.of(), T0);
    assertThat(controlling.onTimeout(at(900))).isEmpty();
    assertThat(controlling.onTimeout(at(1900))).isEmpty();
    assertThat(words(controlling.onTimeout(at(2900)))).containsExactly("close 4001");
    assertThat(controlling.report().packets()).isEqualTo(3);
  }

  @Test
  void what_hangs_when_a_round_ends_goes_on_into_the_next() {
    begin(controlling);
    for (int i = 0; i < 3; i++) {
      controlling.onTimeout(controlling.deadline());
    }
    assertThat(controlling.deadline()).isEqualTo(at(3010));
    assertThat(words(controlling.onTimeout(at(3010)))).containsExactly("over");
    assertThat(controlling.isIdle()).isFalse();
    assertThat(controlling.onRound(2, at(3200), List.of(REFLEXIVE), VOUCHED, at(3200))).isEmpty();
    assertThat(words(controlling.onConnected(REMOTE, at(3300))))
        .containsExactly("secure 4001 CLIENT");
  }

  @Test
  void what_connects_between_two_rounds_is_taken() {
    begin(controlling);
    controlling.onTimeout(at(3010));
    assertThat(words(controlling.onConnected(REMOTE, at(3020))))
        .containsExactly("secure 4001 CLIENT");
    assertThat(controlling.onRound(2, at(3200), List.of(REFLEXIVE), VOUCHED, at(3200))).isEmpty();
    assertThat(words(controlling.onSecured(REMOTE, at(3300))))
        .containsExactly("done server-reflexive");
  }

  @Test
  void a_round_that_no_other_follows_closes_what_is_under_way() {
    begin(controlling);
    controlling.onTimeout(at(3010));
    assertThat(words(controlling.onTimeout(at(5010)))).containsExactly("close 4001");
    assertThat(controlling.isIdle()).isTrue();
    assertThat(words(controlling.onConnected(REMOTE, at(5011)))).containsExactly("close 4001");
    controlling.onRound(3, at(6000), List.of(REFLEXIVE), VOUCHED, at(6000));
    assertThat(words(controlling.onTimeout(controlling.deadline()))).containsExactly("dial 4001");
    assertThat(words(controlling.onTimeout(at(9010)))).containsExactly("close 4001", "over");
  }

  @Test
  void a_handshake_under_way_has_time_after_the_end() {
    begin(controlling);
    controlling.onConnected(REMOTE, at(2900));
    assertThat(controlling.onTimeout(at(3010))).isEmpty();
    assertThat(words(controlling.onSecured(REMOTE, at(3100))))
        .containsExactly("done server-reflexive");
    TcpPunch mute = punch(Side.CONTROLLED);
    begin(mute);
    mute.onConnected(REMOTE, at(2900));
    mute.onTimeout(at(3010));
    assertThat(words(mute.onTimeout(at(5010)))).containsExactly("close 4001", "over");
  }

  @Test
  void a_crowd_at_the_port_is_bounded_and_leaves_no_trace() {
    begin(controlled);
    int closed = 0;
    for (int i = 1; i <= 100; i++) {
      InetSocketAddress anybody = new InetSocketAddress("203.0.113.1", i);
      closed += words(controlled.onAccepted(anybody, at(1))).contains("close " + i) ? 1 : 0;
    }
    assertThat(closed).isEqualTo(92);
    for (int i = 1; i <= 100; i++) {
      controlled.onFailed(new InetSocketAddress("203.0.113.1", i), Failure.NOT_THE_PEER, at(2));
    }
    assertThat(controlled.report().tries()).hasSize(1);
    assertThat(words(controlled.onConnected(REMOTE, at(3)))).containsExactly("secure 4001 SERVER");
  }

  @Test
  void expects_whom_it_dials() {
    assertThat(controlled.expects(ELSEWHERE)).isFalse();
    begin(controlled);
    assertThat(controlled.expects(ELSEWHERE)).isTrue();
    assertThat(controlled.expects(new InetSocketAddress("203.0.113.1", 4001))).isFalse();
  }
}
