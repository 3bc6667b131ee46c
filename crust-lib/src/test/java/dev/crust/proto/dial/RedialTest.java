package dev.crust.proto.dial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import dev.crust.Transport;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RedialTest {
  private final Instant start = Instant.EPOCH;
  private final Redial redial = new Redial();
  private final List<Candidate> known =
      IntStream.rangeClosed(1, 8).mapToObj(RedialTest::candidate).toList();

  private static Candidate candidate(int number) {
    return new Candidate(Transport.TCP, new InetSocketAddress("192.0.2." + number, 4001));
  }

  @Test
  void rounds_come_soon_and_then_every_second() {
    redial.know(known);
    redial.begin(candidate(1), start);
    for (int millis : new int[] {0, 200, 600, 1400, 2400, 3400}) {
      assertThat(redial.deadline()).isEqualTo(start.plusMillis(millis));
      assertThat(redial.onTimeout(start.plusMillis(millis).minusNanos(1))).isEmpty();
      assertThat(redial.onTimeout(start.plusMillis(millis))).isNotEmpty();
    }
    redial.end();
    assertThat(redial.deadline()).isNull();
  }

  @Test
  void where_the_last_path_led_is_tried_in_every_round_and_the_others_by_turns() {
    redial.know(known);
    redial.begin(candidate(3), start);
    assertThat(redial.onTimeout(start.plusSeconds(0)))
        .containsExactly(candidate(3), candidate(1), candidate(2), candidate(4));
    assertThat(redial.onTimeout(start.plusSeconds(1)))
        .containsExactly(candidate(3), candidate(5), candidate(6), candidate(7));
    assertThat(redial.onTimeout(start.plusSeconds(2)))
        .containsExactly(candidate(3), candidate(8), candidate(1), candidate(2));
  }

  @Test
  void a_port_that_nobody_listens_on_is_not_dialled() {
    redial.know(known.subList(0, 2));
    redial.begin(candidate(9), start);
    assertThat(redial.onTimeout(start)).containsExactly(candidate(1), candidate(2));
  }

  @Test
  void by_some_transports_alone_until_it_begins_anew() {
    Candidate quic = new Candidate(Transport.QUIC, candidate(1).address());
    Candidate later = new Candidate(Transport.QUIC, candidate(2).address());
    redial.know(List.of(quic, candidate(1)));
    redial.begin(quic, start, Set.of(Transport.TCP));
    redial.know(List.of(later, candidate(2)));
    assertThat(redial.onTimeout(start)).containsExactly(candidate(1), candidate(2));
    redial.begin(quic, start);
    assertThat(redial.onTimeout(start)).containsExactly(quic, candidate(1), later, candidate(2));
  }
}
