package dev.crust.proto.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.spi.PortAllocation;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortStepsTest {
  private static final List<Integer> INSIDE = List.of(40_000, 41_000, 42_000, 43_000, 44_000);

  @Test
  void kept() {
    assertThat(PortSteps.judge(INSIDE, INSIDE)).isEqualTo(PortAllocation.PRESERVED);
  }

  @Test
  void in_sequence() {
    assertThat(judge(20_000, 20_001, 20_002, 20_003, 20_004))
        .isEqualTo(PortAllocation.sequential(1));
    assertThat(judge(20_000, 19_998, 19_996, 19_994, 19_992))
        .isEqualTo(PortAllocation.sequential(-2));
  }

  @Test
  void in_sequence_with_others_in_between() {
    assertThat(judge(20_000, 20_003, 20_004, 20_010, 20_011))
        .isEqualTo(PortAllocation.sequential(1));
  }

  @Test
  void in_sequence_around_the_end() {
    assertThat(judge(24_094, 24_095, 20_000, 20_001, 20_002))
        .isEqualTo(PortAllocation.sequential(1));
  }

  @Test
  void by_no_rule() {
    assertThat(judge(20_000, 51_003, 7_004, 33_010, 62_011)).isEqualTo(PortAllocation.RANDOM);
    assertThat(judge(20_000, 20_001, 20_000, 20_001, 20_000)).isEqualTo(PortAllocation.RANDOM);
  }

  @Test
  void two_ports_say_nothing() {
    assertThat(PortSteps.judge(List.of(1, 2), List.of(5, 6))).isEqualTo(PortAllocation.UNKNOWN);
  }

  private static PortAllocation judge(Integer... outside) {
    return PortSteps.judge(INSIDE, List.of(outside));
  }
}
