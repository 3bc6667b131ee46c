package dev.crust.proto.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.guard.RateLimit.Rate;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final Instant T0 = Instant.EPOCH;

  private final RateLimit limit = new RateLimit(new Rate(3, 2), new Rate(5, 100));
  private final InetAddress one = ip("192.0.2.1");
  private final InetAddress other = ip("192.0.2.2");

  @Test
  void a_burst_then_a_rate() {
    assertThat(allowed(one, T0)).isEqualTo(3);
    assertThat(allowed(one, T0.plusMillis(499))).isZero();
    assertThat(allowed(one, T0.plusMillis(500))).isEqualTo(1);
    assertThat(allowed(one, T0.plusSeconds(3600))).isEqualTo(3);
  }

  @Test
  void all_together_are_bounded_too() {
    assertThat(allowed(one, T0)).isEqualTo(3);
    assertThat(allowed(other, T0)).isEqualTo(2);
  }

  @Test
  void a_thousand_sources_are_not_remembered() {
    RateLimit wide = new RateLimit(new Rate(1, 1), new Rate(100_000, 1));
    for (int i = 0; i < 1000; i++) {
      assertThat(wide.allows(ip("10.0." + i / 250 + "." + i % 250), T0)).isTrue();
    }
    assertThat(wide.sources()).isEqualTo(RateLimit.MAX_SOURCES);
    assertThat(wide.allows(ip("10.0.3.249"), T0)).isFalse();
    assertThat(wide.allows(ip("10.0.0.0"), T0)).isTrue();
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private int allowed(InetAddress source, Instant now) {
    int allowed = 0;
    for (int i = 0; i < 10; i++) {
      allowed += limit.allows(source, now) ? 1 : 0;
    }
    return allowed;
  }
}
