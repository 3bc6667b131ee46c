package dev.crust.proto.dial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Looking for a new path. */
class RedialTest {
  private static final Instant T0 = Instant.EPOCH;

  private final Redial redial = new Redial();

  private static List<Candidate> candidates(int... ports) {
    return IntStream.of(ports)
        .mapToObj(
            port -> Candidate.tcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)))
        .toList();
  }

  @Test
  void at_once_and_soon_and_then_every_second() {
    redial.know(candidates(1));
    assertThat(redial.deadline()).isNull();
    redial.begin(T0);
    assertThat(redial.onTimeout(T0)).isEqualTo(candidates(1));
    for (int due : new int[] {200, 600, 1400, 2400, 3400}) {
      assertThat(redial.onTimeout(T0.plusMillis(due - 1))).isEmpty();
      assertThat(redial.deadline()).isEqualTo(T0.plusMillis(due));
      assertThat(redial.onTimeout(T0.plusMillis(due))).isEqualTo(candidates(1));
    }
    redial.end();
    assertThat(redial.onTimeout(T0.plusSeconds(60))).isEmpty();
  }

  @Test
  void a_few_at_a_time_by_turns() {
    redial.know(candidates(1, 2, 3, 4, 5, 6));
    redial.know(candidates(6, 1));
    redial.begin(T0);
    assertThat(redial.onTimeout(T0)).isEqualTo(candidates(1, 2, 3, 4));
    assertThat(redial.onTimeout(T0.plusSeconds(1))).isEqualTo(candidates(5, 6, 1, 2));
  }
}
