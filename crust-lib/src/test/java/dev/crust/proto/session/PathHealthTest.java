package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.session.PathHealth.Effect;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** When a path is asked, and when it is given up. */
final class PathHealthTest {
  private static final Instant T0 = Instant.EPOCH;

  private final PathHealth health = new PathHealth(Duration.ofSeconds(20), T0);

  private static Instant at(long millis) {
    return T0.plusMillis(millis);
  }

  private void measure(long... millis) {
    for (long each : millis) {
      health.onRoundTrip(Duration.ofMillis(each));
    }
  }

  /** Nothing happens before the deadline, and this does at it. */
  private void assertNext(long millis, Effect effect) {
    assertThat(health.deadline()).isEqualTo(at(millis));
    assertThat(health.onTimeout(at(millis).minusNanos(1))).isEqualTo(Effect.NONE);
    assertThat(health.onTimeout(at(millis))).isEqualTo(effect);
  }

  @Test
  void idle_for_two_heartbeats() {
    assertNext(20_000, Effect.ASK);
    assertNext(40_000, Effect.SILENT);
  }

  @Test
  void whatever_comes_is_a_sign_of_life() {
    assertNext(20_000, Effect.ASK);
    health.onHeard(at(39_999));
    assertNext(59_999, Effect.ASK);
    assertNext(79_999, Effect.SILENT);
  }

  /** RFC 6298 §2.1: one second before anything was measured; three of them are a silence. */
  @Test
  void unacknowledged_before_anything_was_measured() {
    assertThat(health.timeout()).isEqualTo(Duration.ofSeconds(1));
    health.onSent(true, 0, at(100));
    assertNext(1_600, Effect.ASK);
    assertNext(3_100, Effect.SILENT);
  }

  @Test
  void unacknowledged_on_a_fast_path() {
    measure(1);
    assertThat(health.timeout()).as("the least").isEqualTo(Duration.ofMillis(100));
    health.onSent(true, 0, at(1_000));
    assertNext(1_250, Effect.ASK);
    assertNext(1_500, Effect.SILENT);
  }

  @Test
  void doubted_while_nothing_is_sent() {
    measure(1);
    health.doubt(at(1_000));
    health.doubt(at(1_500));
    assertNext(2_000, Effect.ASK);
    assertNext(3_000, Effect.SILENT);
  }

  @Test
  void doubted_and_heard_again() {
    measure(1);
    health.doubt(at(1_000));
    assertNext(2_000, Effect.ASK);
    health.onHeard(at(2_001));
    assertNext(22_001, Effect.ASK);
  }

  /** RFC 6298 §2.2: the round trip and four times its variation, which is half of it at first. */
  @Test
  void unacknowledged_on_a_slow_path() {
    measure(400);
    assertThat(health.timeout()).isEqualTo(Duration.ofMillis(1_200));
    health.onSent(true, 0, at(0));
    assertNext(1_800, Effect.ASK);
    assertNext(3_600, Effect.SILENT);
  }

  /** RFC 6298 §2.3, by eighths and quarters. */
  @Test
  void the_estimate() {
    measure(80);
    measure(160);
    assertThat(health.roundTrip()).hasValue(Duration.ofMillis(90));
    assertThat(health.timeout()).isEqualTo(Duration.ofMillis(90 + 4 * 50));
    measure(90);
    assertThat(health.roundTrip()).hasValue(Duration.ofMillis(90));
    assertThat(health.timeout()).isEqualTo(Duration.ofMillis(90).plusMillis(4 * 37).plusMillis(2));
  }

  @Test
  void progress_begins_the_watch_anew() {
    measure(1);
    health.onSent(true, 7, at(0));
    health.onSent(true, 7, at(200));
    assertNext(250, Effect.ASK);
    health.onSent(true, 8, at(499));
    assertThat(health.onTimeout(at(998))).isEqualTo(Effect.NONE);
    assertNext(999, Effect.SILENT);
  }

  /** A peer that acknowledges nothing and talks is slow, or wicked, and not silent. */
  @Test
  void whoever_talks_is_not_silent() {
    measure(1);
    health.onSent(true, 0, at(0));
    for (long i = 1; i <= 1_000; i++) {
      health.onHeard(at(200 * i));
      health.onSent(true, 0, at(200 * i));
      assertThat(health.onTimeout(at(200 * i + 199))).isEqualTo(Effect.NONE);
    }
    assertNext(200_250, Effect.ASK);
    assertNext(200_500, Effect.SILENT);
  }

  @Test
  void all_acknowledged() {
    measure(1);
    health.onSent(true, 0, at(0));
    health.onSent(false, 1, at(499));
    assertNext(20_000, Effect.ASK);
  }

  @Test
  void what_is_sent_after_a_long_idleness_gets_its_time() {
    measure(1);
    health.onHeard(at(5_000));
    health.onSent(true, 0, at(19_000));
    assertNext(19_250, Effect.ASK);
    assertNext(19_500, Effect.SILENT);
  }

  @Test
  void a_silence_that_was_acted_upon() {
    measure(1);
    health.onSent(true, 0, at(0));
    assertThat(health.onTimeout(at(600))).isEqualTo(Effect.SILENT);
    health.onSilenceNoted(at(600));
    assertNext(20_600, Effect.ASK);
    assertNext(40_600, Effect.SILENT);
  }
}
