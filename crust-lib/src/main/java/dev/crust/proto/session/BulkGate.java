package dev.crust.proto.session;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Keeps bulk from filling the queues on the way to the peer while something more urgent is being
 * sent every now and then, which would have to wait in them. Who sends at one priority is never
 * held up. Not thread-safe.
 */
final class BulkGate {
  /** Bulk is cut no smaller than this, in bytes. */
  static final long SMALLEST_PART = 4 << 10;

  /** As long after something urgent more of it is expected. */
  static final Duration EXPECTED = Duration.ofSeconds(10);

  private long sent;
  private long acknowledged;
  private int mostUrgent = Integer.MAX_VALUE;
  private Instant lastUrgent = Instant.MIN;
  private long room = Long.MAX_VALUE;
  private @Nullable InFlightLimit limit;

  /** Whether a frame of this priority has to wait until more is acknowledged. */
  boolean holds(int priority) {
    return priority > mostUrgent
        && limit != null
        && (limit.full() || (room <= 0 && sent > acknowledged));
  }

  /** As long a part of bulk may a frame of this priority carry, in bytes. */
  long longestPart(int priority) {
    return priority > mostUrgent && limit != null ? Math.max(SMALLEST_PART, room) : Long.MAX_VALUE;
  }

  /** Whether it matters how much of what is written leaves at once. */
  boolean asksForRoom() {
    return limit != null;
  }

  /** Of what is written now, so many bytes leave at once, and the rest waits in this host. */
  void onRoom(long bytes) {
    room = bytes;
  }

  /** A frame of this priority is about to be sent. */
  void onNext(int priority, Instant now) {
    if (priority <= mostUrgent) {
      mostUrgent = priority;
      lastUrgent = now;
    } else if (now.isAfter(lastUrgent.plus(EXPECTED))) {
      mostUrgent = priority;
      lastUrgent = now;
      limit = null;
    } else if (limit == null) {
      limit = new InFlightLimit(sent, acknowledged, now);
    }
  }

  /** So many bytes more are sent. */
  void onSent(long bytes, Instant now) {
    sent += bytes;
    room -= bytes;
    if (limit != null) {
      limit.onSent(sent, now);
    }
  }

  /** So many bytes more are with the peer, as a batch of its acknowledgements said. */
  void onAcknowledged(long bytes) {
    acknowledged += bytes;
  }

  /** All acknowledgements that have come are taken note of. */
  void onBatchRead(Instant now) {
    if (limit != null) {
      limit.onAcknowledged(acknowledged, now);
    }
  }

  /** Another path is used from now on. */
  void onPath() {
    limit = null;
    room = Long.MAX_VALUE;
  }
}
