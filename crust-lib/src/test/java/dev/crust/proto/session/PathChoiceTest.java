package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.session.PathChoice.Effect.Abort;
import dev.crust.proto.session.PathChoice.Effect.GiveUp;
import dev.crust.proto.session.PathChoice.Effect.Retire;
import dev.crust.proto.session.PathChoice.Effect.Use;
import dev.crust.proto.session.PathChoice.Effect.UseNone;
import dev.crust.proto.session.PathChoice.Effect.Validate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of {@link PathChoice}, row by row. */
class PathChoiceTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final PathChoice<String> decider = new PathChoice<>(Session.Role.DECIDER, PATIENCE, T0);
  private final PathChoice<String> follower = new PathChoice<>(Session.Role.FOLLOWER, PATIENCE, T0);

  @Test
  void the_first_path_is_used() {
    assertThat(follower.onAttached("tcp", 0, T0)).isEqualTo(List.of(new Use<>("tcp")));
    assertThat(follower.used()).contains("tcp");
    assertThat(follower.deadline()).isNull();
  }

  @Test
  void a_better_path_is_validated_and_then_used_and_the_old_one_retires() {
    decider.onAttached("quic", 1, T0);
    assertThat(decider.onAttached("tcp", 0, T0).toString())
        .isEqualTo(List.of(new Validate<>("tcp")).toString());
    assertThat(decider.used()).contains("quic");
    assertThat(decider.onValidated("tcp", T0.plusSeconds(1))).isEqualTo(List.of(new Use<>("tcp")));
    assertThat(decider.deadline()).isEqualTo(T0.plusSeconds(31));
    assertThat(decider.onTimeout(T0.plusSeconds(30))).isEmpty();
    assertThat(decider.onTimeout(T0.plusSeconds(31))).isEqualTo(List.of(new Retire<>("quic")));
    assertThat(decider.all()).containsExactly("tcp");
  }

  @Test
  void the_follower_goes_where_the_peer_sends() {
    follower.onAttached("quic", 1, T0);
    assertThat(follower.onAttached("tcp", 0, T0)).isEmpty();
    assertThat(follower.onPeerUses("tcp", T0)).isEqualTo(List.of(new Use<>("tcp")));
    assertThat(follower.onPeerUses("tcp", T0)).isEmpty();
    assertThat(follower.onTimeout(T0.plusSeconds(60))).as("it retires nothing").isEmpty();
  }

  @Test
  void the_decider_does_not() {
    decider.onAttached("tcp", 0, T0);
    decider.onAttached("quic", 1, T0);
    assertThat(decider.onPeerUses("quic", T0)).isEmpty();
    assertThat(decider.used()).contains("tcp");
  }

  @Test
  void one_that_stands_by_takes_over() {
    decider.onAttached("tcp", 0, T0);
    decider.onAttached("worst", 2, T0);
    decider.onAttached("quic", 1, T0);
    assertThat(decider.onEnded("tcp", T0)).isEqualTo(List.of(new Use<>("quic")));
    assertThat(decider.onSilent("quic", T0).toString())
        .isEqualTo(List.of(new Use<>("worst"), new Abort<>("quic")).toString());
  }

  @Test
  void no_path_for_too_long() {
    decider.onAttached("tcp", 0, T0);
    Instant later = T0.plusSeconds(10);
    assertThat(decider.onEnded("tcp", later)).isEqualTo(List.of(new UseNone<>()));
    assertThat(decider.deadline()).isEqualTo(later.plus(PATIENCE));
    assertThat(decider.onTimeout(later.plus(PATIENCE).minusMillis(1))).isEmpty();
    assertThat(decider.onTimeout(later.plus(PATIENCE))).isEqualTo(List.of(new GiveUp<>()));
  }

  @Test
  void a_silent_path_is_heard_again() {
    decider.onAttached("tcp", 0, T0);
    assertThat(decider.onSilent("tcp", T0)).isEqualTo(List.of(new UseNone<>()));
    assertThat(decider.onSilent("tcp", T0)).isEmpty();
    assertThat(decider.onHeard("tcp", T0)).isEqualTo(List.of(new Use<>("tcp")));
  }

  @Test
  void a_new_path_puts_an_end_to_those_that_are_silent() {
    decider.onAttached("old", 0, T0);
    decider.onSilent("old", T0);
    assertThat(decider.onAttached("new", 0, T0).toString())
        .isEqualTo(List.of(new Use<>("new"), new Abort<>("old")).toString());
  }

  @Test
  void the_worst_goes_when_there_are_too_many() {
    decider.onAttached("tcp", 0, T0);
    for (int i = 1; i < PathChoice.MAX_PATHS; i++) {
      assertThat(decider.onAttached("path " + i, i, T0)).isEmpty();
    }
    assertThat(decider.onAttached("one more", 1, T0)).isEqualTo(List.of(new Retire<>("path 7")));
  }
}
