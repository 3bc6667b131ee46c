package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class RoundTripTest {
  private final PathHealth health = new PathHealth(Duration.ofSeconds(20), Instant.EPOCH);

  @Test
  void a_slow_start_is_forgotten() {
    measure(600, 40);
    assertThat(health.roundTrip()).hasValue(Duration.ofMillis(40));
    assertThat(health.timeout()).isEqualTo(Duration.ofMillis(120));
  }

  @Test
  void later_the_estimate_is_smooth() {
    measure(40, 40, 40, 40, 40, 40, 40, 40);
    measure(32);
    assertThat(health.roundTrip()).hasValue(Duration.ofMillis(39));
    measure(79);
    assertThat(health.roundTrip()).hasValue(Duration.ofMillis(44));
  }

  private void measure(long... millis) {
    for (long each : millis) {
      health.onRoundTrip(Duration.ofMillis(each));
    }
  }
}
