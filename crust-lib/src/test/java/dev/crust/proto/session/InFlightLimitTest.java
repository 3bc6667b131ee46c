package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

/** A sender that has always more, and a line with a queue, on a virtual clock. */
final class InFlightLimitTest {
  private static final int FRAME = 16 << 10;
  private static final long STEP_NANOS = 100_000;

  private Instant now = Instant.EPOCH;
  private final InFlightLimit limit = new InFlightLimit(0, 0, now);
  private final Line line = new Line(12_500_000, Duration.ofMillis(20));

  /** TCP's own. Without ours, the queue would be as long as this lets it be. */
  private long window = 12 << 20;

  private long sent;
  private long acknowledged;

  /** What was sent on the line comes to its end in order, and is acknowledged there. */
  private final class Line {
    private record Sent(long end, Instant back) {}

    private double bytesPerNano;
    private Duration roundTrip;
    private final ArrayDeque<Sent> underWay = new ArrayDeque<>();
    private Instant idleFrom = now;

    Line(long bytesPerSecond, Duration roundTrip) {
      this.bytesPerNano = bytesPerSecond / 1e9;
      this.roundTrip = roundTrip;
    }

    void become(long bytesPerSecond, Duration newRoundTrip) {
      bytesPerNano = bytesPerSecond / 1e9;
      roundTrip = newRoundTrip;
    }

    void send(long end) {
      Instant begins = idleFrom.isAfter(now) ? idleFrom : now;
      idleFrom = begins.plusNanos((long) (FRAME / bytesPerNano));
      underWay.add(new Sent(end, idleFrom.plus(roundTrip)));
    }

    long acknowledged(long before) {
      long newest = before;
      while (!underWay.isEmpty() && !underWay.element().back.isAfter(now)) {
        newest = underWay.remove().end;
      }
      return newest;
    }

    Duration queued() {
      return idleFrom.isAfter(now) ? Duration.between(now, idleFrom) : Duration.ZERO;
    }
  }

  /** What was seen in a while. */
  private record Seen(Duration longestQueue, long bytesPerSecond) {}

  private Seen run(Duration time) {
    Instant end = now.plus(time);
    long before = acknowledged;
    Duration longest = Duration.ZERO;
    while (now.isBefore(end)) {
      now = now.plusNanos(STEP_NANOS);
      long newest = line.acknowledged(acknowledged);
      if (newest > acknowledged) {
        acknowledged = newest;
        limit.onAcknowledged(acknowledged, now);
      }
      while (!limit.full() && sent - acknowledged < window) {
        sent += FRAME;
        line.send(sent);
        limit.onSent(sent, now);
      }
      longest = line.queued().compareTo(longest) > 0 ? line.queued() : longest;
    }
    return new Seen(longest, (acknowledged - before) * 1_000 / time.toMillis());
  }

  @Test
  void keepsTheQueueShortAndTheLineBusy() {
    run(Duration.ofSeconds(4));
    Seen seen = run(Duration.ofSeconds(20));
    assertThat(seen.longestQueue).isLessThan(InFlightLimit.QUEUE.multipliedBy(2));
    assertThat(seen.bytesPerSecond).isGreaterThan(12_000_000);
  }

  @Test
  void findsOutThatTheLineHasBecomeFaster() {
    run(Duration.ofSeconds(4));
    line.become(50_000_000, Duration.ofMillis(20));
    run(Duration.ofSeconds(2));
    assertThat(run(Duration.ofSeconds(5)).bytesPerSecond).isGreaterThan(45_000_000);
  }

  @Test
  void findsOutThatTheLineHasBecomeLonger() {
    run(Duration.ofSeconds(4));
    line.become(12_500_000, Duration.ofMillis(100));
    run(Duration.ofSeconds(10));
    Seen seen = run(Duration.ofSeconds(20));
    assertThat(seen.bytesPerSecond).isGreaterThan(11_500_000);
    assertThat(seen.longestQueue).isLessThan(Duration.ofMillis(40));
  }

  @Test
  void keepsASlowLineBusyWithAFrameUnderWayAndOneBehindIt() {
    line.become(125_000, Duration.ofMillis(50));
    window = 256 << 10;
    run(Duration.ofSeconds(20));
    Seen seen = run(Duration.ofSeconds(20));
    assertThat(seen.bytesPerSecond).isGreaterThan(110_000);
    // The least limit, and a frame that begins just below it.
    assertThat(seen.longestQueue).isLessThan(Duration.ofMillis(((32 + 16) << 10) / 125));
  }

  @Test
  void marksAreBounded() {
    for (int i = 1; i <= 1_000_000; i++) {
      limit.onSent(i, now);
    }
    limit.onAcknowledged(1_000_000, now.plusSeconds(1));
    assertThat(limit.full()).isFalse();
  }
}
