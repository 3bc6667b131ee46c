package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.session.Heartbeat.Effect;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
  private static final Instant T0 = Instant.EPOCH;

  private final Heartbeat heartbeat = new Heartbeat(Duration.ofSeconds(10), T0);

  @Test
  void silence() {
    assertThat(heartbeat.deadline()).isEqualTo(T0.plusSeconds(10));
    assertThat(heartbeat.onTimeout(T0.plusMillis(9_999))).isEqualTo(Effect.NONE);
    assertThat(heartbeat.onTimeout(T0.plusSeconds(10))).isEqualTo(Effect.ASK);
    assertThat(heartbeat.deadline()).isEqualTo(T0.plusSeconds(20));
    assertThat(heartbeat.onTimeout(T0.plusMillis(19_999))).isEqualTo(Effect.NONE);
    assertThat(heartbeat.onTimeout(T0.plusSeconds(20))).isEqualTo(Effect.GIVE_UP);
  }

  @Test
  void an_answer_in_time() {
    assertThat(heartbeat.onTimeout(T0.plusSeconds(10))).isEqualTo(Effect.ASK);
    heartbeat.onHeard(T0.plusSeconds(19));
    assertThat(heartbeat.deadline()).isEqualTo(T0.plusSeconds(29));
    assertThat(heartbeat.onTimeout(T0.plusSeconds(28))).isEqualTo(Effect.NONE);
    assertThat(heartbeat.onTimeout(T0.plusSeconds(29))).isEqualTo(Effect.ASK);
    assertThat(heartbeat.onTimeout(T0.plusSeconds(39))).isEqualTo(Effect.GIVE_UP);
  }

  @Test
  void a_lively_path_is_never_asked() {
    for (int second = 1; second < 100; second += 9) {
      assertThat(heartbeat.onTimeout(T0.plusSeconds(second))).isEqualTo(Effect.NONE);
      heartbeat.onHeard(T0.plusSeconds(second));
    }
  }

  /** A machine that slept asks before it gives up. */
  @Test
  void a_long_sleep() {
    assertThat(heartbeat.onTimeout(T0.plusSeconds(3600))).isEqualTo(Effect.ASK);
  }

  /** The peer asks every ten seconds, and its questions are signs of life. */
  @Test
  void one_of_two_asks() {
    heartbeat.leaveToPeer();
    for (int second = 10; second < 100; second += 10) {
      assertThat(heartbeat.onTimeout(T0.plusSeconds(second))).isEqualTo(Effect.NONE);
      heartbeat.onHeard(T0.plusSeconds(second));
    }
    assertThat(heartbeat.onTimeout(T0.plusMillis(102_499))).isEqualTo(Effect.NONE);
    assertThat(heartbeat.onTimeout(T0.plusMillis(102_500))).isEqualTo(Effect.ASK);
    assertThat(heartbeat.onTimeout(T0.plusMillis(109_999))).isEqualTo(Effect.NONE);
    assertThat(heartbeat.onTimeout(T0.plusSeconds(110))).isEqualTo(Effect.GIVE_UP);
  }
}
