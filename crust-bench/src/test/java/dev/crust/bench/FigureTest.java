package dev.crust.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class FigureTest {
  private static final Samples BARE = new Samples(List.of(10.0, 20.0, 40.0));
  private static final Samples CRUST = new Samples(List.of(9.0, 10.0, 36.0));
  private static final Figure BESIDE = Figure.beside("rate", "MB/s", BARE, CRUST);

  @Test
  void rounds() {
    assertThat(CRUST.median()).isEqualTo(10);
    assertThat(CRUST.min()).isEqualTo(9);
    assertThat(CRUST.max()).isEqualTo(36);
    assertThatThrownBy(() -> new Samples(List.of())).hasMessage("nothing was measured");
  }

  @Test
  void compared_round_by_round() {
    assertThat(BESIDE.ratio()).hasValue(0.9);
    assertThat(BESIDE.excess()).hasValue(-4);
    assertThat(Figure.alone("threads", "", CRUST).ratio()).isEmpty();
  }

  @Test
  void targets() {
    assertThat(BESIDE.met()).isEmpty();
    assertThat(BESIDE.toBe(Target.ratioAtLeast(0.85)).met()).hasValue(true);
    assertThat(BESIDE.toBe(Target.ratioAtLeast(0.95)).met()).hasValue(false);
    assertThat(BESIDE.toBe(Target.ratioAtMost(0.85)).met()).hasValue(false);
    assertThat(BESIDE.toBe(Target.excessAtMost(0)).met()).hasValue(true);
    assertThat(BESIDE.toBe(Target.excessAtMost(-5)).met()).hasValue(false);
    assertThat(BESIDE.toBe(Target.atMost(10)).met()).hasValue(true);
    assertThat(BESIDE.toBe(Target.atLeast(11)).met()).hasValue(false);
  }
}
