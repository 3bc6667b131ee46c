package dev.crust.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What comes is read as it came, whatever arrays it waits in. */
@Timeout(60)
final class ReceivedBytesTest {
  private static final int SIZE = 4 << 10;

  private final SpareArrays spare = new SpareArrays(SIZE, 2);
  private final ReceivedBytes received = new ReceivedBytes(spare);

  @Test
  void whatComesInAnySizesIsReadInOrder() throws IOException {
    for (long seed = 0; seed < 10; seed++) {
      Random random = new Random(seed);
      byte put = 0;
      byte taken = 0;
      for (int step = 0; step < 1000; step++) {
        if (received.available() < 64 << 10 && random.nextBoolean()) {
          ByteBuffer some = ByteBuffer.allocateDirect(1 + random.nextInt(9000));
          while (some.hasRemaining()) {
            some.put(put++);
          }
          received.put(some.flip());
          received.flush();
          assertThat(some.hasRemaining()).isFalse();
        } else if (received.available() > 0) {
          byte[] into = new byte[1 + random.nextInt(9000)];
          int count = received.take(into, 0, into.length);
          for (int i = 0; i < count; i++) {
            assertThat(into[i]).as("seed %d, step %d", seed, step).isEqualTo(taken++);
          }
        }
      }
      while (received.available() > 0) {
        assertThat(received.take(new byte[1], 0, 1)).isEqualTo(1);
        taken++;
      }
      assertThat(taken).isEqualTo(put);
    }
  }

  @Test
  void whoIsBehindReadsFromArraysThatAreUsedAgain() throws IOException {
    byte[] known = spare.take();
    spare.give(known);
    put(SIZE / 2);
    assertThat(spare.take()).as("little waits").isSameAs(known);
    spare.give(known);
    put(SIZE);
    assertThat(spare.take()).as("more waits").isNotSameAs(known);
    byte[] into = new byte[2 * SIZE];
    assertThat(received.take(into, 0, into.length)).isEqualTo(SIZE + SIZE / 2);
    assertThat(spare.take()).isSameAs(known);
  }

  @Test
  void whatNobodyWillReadIsGivenBack() {
    byte[] known = spare.take();
    spare.give(known);
    put(SIZE / 2);
    put(SIZE);
    received.drop(new IOException("over"));
    assertThat(spare.take()).isSameAs(known);
  }

  @Test
  void whatAReaderHasTakenOverIsNotUsedAgain() throws Exception {
    byte[] known = spare.take();
    spare.give(known);
    put(SIZE / 2);
    put(SIZE);
    for (int i = 0; i < 2; i++) {
      received.whenThere(outcome -> assertThat(outcome.bytes()).isNotNull());
    }
    assertThat(received.available()).isZero();
    assertThat(spare.take()).isNotSameAs(known);
  }

  @Test
  void aReaderThatWaitsGetsWhatComes() throws Exception {
    byte[] into = new byte[10];
    int[] count = new int[1];
    Thread reader =
        new Thread(
            () -> {
              try {
                count[0] = received.take(into, 0, into.length);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    reader.start();
    received.put(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    received.flush();
    reader.join(TimeUnit.SECONDS.toMillis(30));
    assertThat(count[0]).isEqualTo(3);
    assertThat(into).startsWith(1, 2, 3);
  }

  private void put(int length) {
    received.put(ByteBuffer.allocate(length));
    received.flush();
  }
}
