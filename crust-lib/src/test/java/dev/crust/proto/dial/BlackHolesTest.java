package dev.crust.proto.dial;

import static dev.crust.proto.dial.At.ms;
import static dev.crust.proto.dial.At.quic;
import static dev.crust.proto.dial.At.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BlackHolesTest {
  private static final Candidate T4 = tcp("198.51.100.1");
  private static final Candidate T6 = tcp("2001:db8::1");
  private static final Candidate Q4 = quic("198.51.100.1");
  private static final Candidate Q6 = quic("2001:db8::1");
  private static final List<Candidate> ALL = List.of(T6, T4, Q6, Q4);

  private final BlackHoles holes = new BlackHoles();

  private void miss(Candidate missed, Candidate worked, int times) {
    for (int i = 0; i < times; i++) {
      holes.onMissed(missed, worked, ms(i));
    }
  }

  @Test
  void udp_that_never_works_is_left_out_and_tried_again() {
    miss(Q4, T4, BlackHoles.MISSES - 1);
    assertThat(holes.worthTrying(ALL, ms(10))).isEqualTo(ALL);
    holes.onMissed(Q4, T4, ms(10));
    assertThat(holes.worthTrying(ALL, ms(11))).containsExactly(T6, T4);
    assertThat(holes.worthTrying(ALL, ms(600_009))).containsExactly(T6, T4);
    assertThat(holes.worthTrying(ALL, ms(600_010))).isEqualTo(ALL);
    assertThat(holes.worthTrying(ALL, ms(600_011))).containsExactly(T6, T4);
  }

  @Test
  void one_success_opens_it() {
    miss(Q4, T4, BlackHoles.MISSES);
    holes.onWorked(Q4);
    assertThat(holes.worthTrying(ALL, ms(20))).isEqualTo(ALL);
  }

  @Test
  void ipv6_is_not_blamed_on_udp() {
    miss(T6, Q4, BlackHoles.MISSES);
    assertThat(holes.worthTrying(ALL, ms(20))).containsExactly(T4, Q4);
  }

  @Test
  void a_way_is_not_blamed_when_it_is_what_worked() {
    miss(Q6, Q4, BlackHoles.MISSES);
    assertThat(holes.worthTrying(ALL, ms(20))).containsExactly(T4, Q4);
  }

  @Test
  void better_a_black_hole_than_no_way() {
    miss(Q4, T4, BlackHoles.MISSES);
    assertThat(holes.worthTrying(List.of(Q4), ms(20))).containsExactly(Q4);
  }

  @Test
  void another_network_is_another_matter() {
    miss(Q4, T4, BlackHoles.MISSES);
    holes.onNetworkChanged();
    assertThat(holes.worthTrying(ALL, ms(20))).isEqualTo(ALL);
  }
}
