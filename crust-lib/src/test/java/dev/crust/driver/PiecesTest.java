package dev.crust.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Arrays come back when all that they held is acknowledged, and no sooner. */
@SuppressWarnings("ByteBufferBackingArray") // which one it is matters here
final class PiecesTest {
  private static final int SIZE = 100;

  private final Pieces pieces = new Pieces(SIZE);

  private ByteBuffer lend(int most) {
    return pieces.lend(most);
  }

  @Test
  void whatIsSmallAndAloneHasAnArrayOfItsOwn() {
    ByteBuffer alone = lend(7);
    assertThat(alone.remaining()).isEqualTo(7);
    assertThat(alone.array()).hasSize(7);
  }

  @Test
  void smallPiecesThatFollowShareAnArray() {
    lend(1);
    ByteBuffer first = lend(60);
    ByteBuffer second = lend(60);
    ByteBuffer third = lend(20);
    assertThat(first.remaining()).isEqualTo(60);
    assertThat(second.remaining()).isEqualTo(40);
    assertThat(second.array()).isSameAs(first.array());
    assertThat(second.arrayOffset()).isEqualTo(60);
    assertThat(third.array()).isNotSameAs(first.array());
  }

  @Test
  void anArrayIsUsedAgainWhenItsLastPieceIsAcknowledged() {
    lend(1);
    ByteBuffer first = lend(60);
    lend(40);
    ByteBuffer other = lend(SIZE);
    pieces.onAcknowledged(1 + 60 + 39);
    assertThat(lend(SIZE).array()).isNotSameAs(first.array());
    pieces.onAcknowledged(1);
    ByteBuffer again = lend(10);
    assertThat(again.array()).isSameAs(first.array()).isNotSameAs(other.array());
    assertThat(again.arrayOffset()).isZero();
  }

  @Test
  void nothingIsKeptWhenNothingIsUnderWay() {
    ByteBuffer first = lend(SIZE);
    lend(10);
    pieces.onAcknowledged(SIZE + 10);
    assertThat(lend(SIZE).array()).isNotSameAs(first.array());
  }

  @Test
  void piecesOfOthersAreCountedAlone() {
    pieces.pass(50);
    ByteBuffer ours = lend(SIZE);
    pieces.onAcknowledged(SIZE);
    assertThat(lend(SIZE).array()).isNotSameAs(ours.array());
    pieces.onAcknowledged(50);
    assertThat(lend(SIZE).array()).isSameAs(ours.array());
  }
}
