package dev.crust.proto.session;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * How much may be on its way to the peer, so that what is more urgent does not wait behind it: the
 * line is kept busy, and the queues before it short, whether they are in this host or in a router.
 *
 * <p>Once in a round trip the limit is multiplied by what the round trip should be over what it
 * was, as FAST TCP does (Wei, Jin, Low and Hegde, "FAST TCP: Motivation, Architecture, Algorithms,
 * Performance", 2006, equation 2, in its multiplicative form); what it should be is that of the
 * empty line and {@link #QUEUE} more. That of the empty line is measured again every now and then
 * by letting the queues run dry, as BBR does (draft-ietf-ccwg-bbr, ProbeRTT); so a BBR below need
 * not do it in its own way, which would hold up everything for 200 ms.
 *
 * <p>Counts bytes as they are written to the path. Not thread-safe.
 */
final class InFlightLimit {
  /** The least limit, in bytes: one frame under way and one behind it. */
  static final long LEAST = 32 << 10;

  /** As long may a byte wait in queues, where the round trip is short. */
  static final Duration QUEUE = Duration.ofMillis(10);

  /** Where the round trip is long, this part of it. */
  private static final int QUEUE_PART = 8;

  /** Between two measurements of the empty line. */
  static final Duration PROBE_INTERVAL = Duration.ofSeconds(5);

  /** Of the limit remains this part, while the queues run dry. */
  private static final int DRAINED_PART = 4;

  /** Rounds of that: in the first, what was sent before is still under way. */
  private static final int DRAINING_ROUNDS = 2;

  private static final double MAX_GROWTH = 1.25;

  private static final int MAX_MARKS = 512;

  /** All up to this byte was sent by this time. */
  private record Mark(long end, Instant at) {}

  private final ArrayDeque<Mark> marks = new ArrayDeque<>();
  private long limit = Long.MAX_VALUE;
  private long sent;
  private long acknowledged;
  private long roundEnd;
  private long mostInRound;
  private boolean heldUp;
  private int draining;

  /** While queues run dry and fill again: the limit for now. */
  private long allowed = Long.MAX_VALUE;

  private @Nullable Duration shortest;
  private @Nullable Duration shortestInRound;
  private Duration sumInRound = Duration.ZERO;
  private int samples;
  private Instant probed;

  /** Nothing is known of the path, of whose bytes so many are sent and acknowledged. */
  InFlightLimit(long sent, long acknowledged, Instant now) {
    this.sent = sent;
    this.acknowledged = acknowledged;
    this.roundEnd = sent;
    this.probed = now;
  }

  /** Whether no more may be sent for now that is not urgent. */
  boolean full() {
    boolean full = sent - acknowledged >= Math.min(limit, allowed);
    heldUp |= full;
    return full;
  }

  /** So many bytes were sent in all, up to now. */
  void onSent(long total, Instant now) {
    if (total > sent) {
      sent = total;
      mostInRound = Math.max(mostInRound, sent - acknowledged);
      if (marks.size() < MAX_MARKS) {
        marks.add(new Mark(total, now));
      }
    }
  }

  /** The peer has accepted so many bytes in all. */
  void onAcknowledged(long total, Instant now) {
    if (draining == 0 && allowed < limit) {
      // Doubled in a round trip, as in slow start: all at once would fill the queue to the brim.
      allowed += total - acknowledged;
    }
    acknowledged = total;
    Mark newest = null;
    while (!marks.isEmpty() && marks.element().end <= total) {
      newest = marks.remove();
    }
    if (newest != null) {
      Duration roundTrip = Duration.between(newest.at, now);
      shortestInRound = shorter(shortestInRound, roundTrip);
      sumInRound = sumInRound.plus(roundTrip);
      samples++;
    }
    if (acknowledged >= roundEnd && shortestInRound != null) {
      endRound(shortestInRound, sumInRound.dividedBy(samples), now);
    }
  }

  private static Duration shorter(@Nullable Duration one, Duration other) {
    return one == null || other.compareTo(one) < 0 ? other : one;
  }

  private void endRound(Duration least, Duration mean, Instant now) {
    if (draining > 0) {
      draining--;
      if (draining == 0) {
        shortest = least;
        probed = now;
      }
    } else {
      if (shortest == null || least.compareTo(shortest) <= 0) {
        shortest = least;
        probed = now;
      }
      adapt(shortest, mean);
      if (Duration.between(probed, now).compareTo(PROBE_INTERVAL) >= 0) {
        draining = DRAINING_ROUNDS;
        allowed = limit / DRAINED_PART;
      }
    }
    roundEnd = sent;
    mostInRound = sent - acknowledged;
    heldUp = false;
    shortestInRound = null;
    sumInRound = Duration.ZERO;
    samples = 0;
  }

  private void adapt(Duration empty, Duration roundTrip) {
    double queue = Math.max((double) QUEUE.toNanos(), (double) empty.toNanos() / QUEUE_PART);
    double ratio = (empty.toNanos() + queue) / Math.max(1, roundTrip.toNanos());
    if (ratio < 1 || heldUp) {
      // Half the way, since what was measured is the answer to an earlier limit.
      double factor = Math.min((1 + ratio) / 2, MAX_GROWTH);
      limit = Math.max(LEAST, (long) (Math.min(limit, mostInRound) * factor));
    }
  }
}
