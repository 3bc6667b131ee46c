package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** When bulk has to wait. */
final class BulkGateTest {
  private static final int URGENT = 0;
  private static final int BULK = 128;
  private static final int FRAME = 16 << 10;

  private final BulkGate gate = new BulkGate();
  private Instant now = Instant.EPOCH;

  private void send(int priority) {
    gate.onNext(priority, now);
    gate.onSent(FRAME, now);
  }

  private void acknowledge(long bytes, Duration after) {
    now = now.plus(after);
    gate.onAcknowledged(bytes);
    gate.onBatchRead(now);
  }

  /** So much goes out, and comes back in one round trip after another that grows. */
  private void fillQueues(int priority) {
    send(priority);
    acknowledge(FRAME, Duration.ofMillis(20));
    for (int i = 0; i < 100; i++) {
      send(priority);
    }
    acknowledge(50 * FRAME, Duration.ofMillis(80));
    send(priority);
    acknowledge(51 * FRAME, Duration.ofMillis(80));
  }

  @Test
  void nothingIsHeldUpWhereAllIsOfOnePriority() {
    fillQueues(BULK);
    gate.onRoom(0);
    for (int i = 0; i < 1000; i++) {
      send(BULK);
    }
    assertThat(gate.holds(BULK)).isFalse();
    assertThat(gate.asksForRoom()).isFalse();
  }

  @Test
  void bulkWaitsBesideUrgentThingsAndTheyDoNot() {
    send(URGENT);
    acknowledge(FRAME, Duration.ofMillis(20));
    fillQueues(BULK);
    for (int i = 0; i < 100; i++) {
      send(BULK);
    }
    assertThat(gate.holds(BULK)).isTrue();
    assertThat(gate.holds(URGENT)).isFalse();
  }

  @Test
  void bulkWaitsWhileItWouldNotLeaveThisHost() {
    send(URGENT);
    send(BULK);
    assertThat(gate.asksForRoom()).isTrue();
    gate.onRoom(0);
    assertThat(gate.holds(BULK)).isTrue();
    assertThat(gate.holds(URGENT)).isFalse();
    gate.onRoom(FRAME);
    assertThat(gate.holds(BULK)).isFalse();
  }

  @Test
  void bulkIsSentWhereNothingIsUnderWayWhoseAcknowledgementWouldWakeUs() {
    send(URGENT);
    send(BULK);
    acknowledge(2 * FRAME, Duration.ofMillis(20));
    gate.onRoom(0);
    assertThat(gate.holds(BULK)).isFalse();
    assertThat(gate.longestPart(BULK)).isEqualTo(BulkGate.SMALLEST_PART);
    assertThat(gate.longestPart(URGENT)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void bulkIsFreeAgainWhenNothingUrgentWasSentForAWhile() {
    bulkWaitsBesideUrgentThingsAndTheyDoNot();
    now = now.plus(BulkGate.EXPECTED).plusMillis(1);
    send(BULK);
    assertThat(gate.holds(BULK)).isFalse();
    assertThat(gate.asksForRoom()).isFalse();
  }

  @Test
  void anotherPathIsLearntAnew() {
    bulkWaitsBesideUrgentThingsAndTheyDoNot();
    gate.onPath();
    assertThat(gate.holds(BULK)).isFalse();
  }
}
