package dev.crust.proto.session;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Watches one path: its round trips (RFC 6298), whether what is sent on it is acknowledged, and
 * whether the peer gives signs of life when nothing is.
 *
 * <p>A path has fallen silent when what was sent on it makes no progress for three retransmission
 * timeouts, half a second at least, and nothing else has come either; when nothing has come for two
 * seconds since it was doubted; or when nothing has come for two heartbeats.
 */
public final class PathHealth {
  /** As long at least must what is sent stand still before the path counts as silent. */
  public static final Duration LEAST_STALL = Duration.ofMillis(500);

  /** As long at least has a path that is doubted: nothing tells that it was heard of sooner. */
  public static final Duration LEAST_DOUBT = Duration.ofSeconds(2);

  /** Before anything was measured (RFC 6298 §2.1). */
  private static final long FIRST_TIMEOUT = Duration.ofSeconds(1).toNanos();

  private static final long LEAST_TIMEOUT = Duration.ofMillis(100).toNanos();
  private static final long LEAST_STALL_NANOS = LEAST_STALL.toNanos();
  private static final long LEAST_DOUBT_NANOS = LEAST_DOUBT.toNanos();
  private static final int STALLED_TIMEOUTS = 3;
  private static final long NOT_MEASURED = -1;

  /** As many measurements belong to the busy start, when round trips seem longer than they are. */
  private static final int EARLY = 8;

  /** What is to be done. */
  public enum Effect {
    /** Nothing yet. */
    NONE,
    /** Send a ping. */
    ASK,
    /** The path is silent. */
    SILENT
  }

  private final Heartbeat heartbeat;
  private Instant heard;

  // In nanoseconds, since all of it is asked for at each packet and Duration divides by BigDecimal.
  private long smoothed = NOT_MEASURED;
  private long variation;

  private @Nullable Instant stalledSince;
  private @Nullable Instant doubtedSince;
  private long progress;
  private long measurements;
  private boolean asked;

  /** A watch that begins now. */
  public PathHealth(Duration heartbeatInterval, Instant now) {
    this.heartbeat = new Heartbeat(heartbeatInterval, now);
    this.heard = now;
  }

  /** Leaves it to the peer to ask for signs of life while nothing is sent. */
  public void leaveToPeer() {
    heartbeat.leaveToPeer();
  }

  /** Something came from the peer, whatever it was. */
  public void onHeard(Instant now) {
    heartbeat.onHeard(now);
    heard = now;
    asked = false;
    doubtedSince = null;
  }

  /** The peer has turned to another path, perhaps since this one is dead: it is asked. */
  public void doubt(Instant now) {
    if (doubtedSince == null) {
      doubtedSince = now;
    }
  }

  /** A round trip was measured. A shorter one early on is taken as the first. */
  public void onRoundTrip(Duration measured) {
    long nanos = measured.toNanos();
    boolean early = measurements++ < EARLY;
    if (smoothed == NOT_MEASURED || (early && nanos < smoothed)) {
      smoothed = nanos;
      variation = nanos / 2;
    } else {
      variation = (3 * variation + Math.abs(smoothed - nanos)) / 4;
      smoothed = (7 * smoothed + nanos) / 8;
    }
  }

  /** The smoothed round trip, once one was measured. */
  public Optional<Duration> roundTrip() {
    return smoothed == NOT_MEASURED ? Optional.empty() : Optional.of(Duration.ofNanos(smoothed));
  }

  /** How long an answer may take (RFC 6298 §2). */
  public Duration timeout() {
    return Duration.ofNanos(timeoutNanos());
  }

  private long timeoutNanos() {
    return smoothed == NOT_MEASURED
        ? FIRST_TIMEOUT
        : Math.max(LEAST_TIMEOUT, smoothed + 4 * variation);
  }

  /**
   * How it stands with what was sent on this path.
   *
   * @param outstanding whether something is not acknowledged
   * @param newProgress a number that grows when something is
   */
  public void onSent(boolean outstanding, long newProgress, Instant now) {
    if (!outstanding) {
      stalledSince = null;
    } else if (stalledSince == null || newProgress != progress) {
      stalledSince = now;
    }
    progress = newProgress;
  }

  /** The silence was acted upon: the watch begins anew. */
  public void onSilenceNoted(Instant now) {
    onHeard(now);
    stalledSince = null;
  }

  /** When {@link #onTimeout} should be called next. */
  public Instant deadline() {
    Instant beat = heartbeat.deadline();
    Instant silent = silentAt();
    if (silent == null) {
      return beat;
    }
    Instant due = asked ? silent : silent.minusNanos(limitNanos() / 2);
    return due.isBefore(beat) ? due : beat;
  }

  /** When it is silent, if nothing comes; null if nothing need come. */
  private @Nullable Instant silentAt() {
    Instant stalled = stalledSince;
    if (stalled == null) {
      return doubtedSince == null ? null : doubtedSince.plusNanos(limitNanos());
    }
    return (stalled.isBefore(heard) ? heard : stalled).plusNanos(limitNanos());
  }

  private long limitNanos() {
    long least = stalledSince == null ? LEAST_DOUBT_NANOS : LEAST_STALL_NANOS;
    return Math.max(least, STALLED_TIMEOUTS * timeoutNanos());
  }

  /** Time has passed. */
  public Effect onTimeout(Instant now) {
    Instant silent = silentAt();
    if (silent != null) {
      if (!now.isBefore(silent)) {
        return Effect.SILENT;
      }
      if (!asked && !now.isBefore(silent.minusNanos(limitNanos() / 2))) {
        asked = true;
        return Effect.ASK;
      }
    }
    return switch (heartbeat.onTimeout(now)) {
      case NONE -> Effect.NONE;
      case ASK -> Effect.ASK;
      case GIVE_UP -> Effect.SILENT;
    };
  }
}
