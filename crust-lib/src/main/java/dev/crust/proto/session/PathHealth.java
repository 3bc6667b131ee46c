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
  private static final Duration FIRST_TIMEOUT = Duration.ofSeconds(1);

  private static final Duration LEAST_TIMEOUT = Duration.ofMillis(100);
  private static final int STALLED_TIMEOUTS = 3;

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
  private @Nullable Duration smoothed;
  private Duration variation = Duration.ZERO;
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
    Duration before = smoothed;
    boolean early = measurements++ < EARLY;
    if (before == null || (early && measured.compareTo(before) < 0)) {
      smoothed = measured;
      variation = measured.dividedBy(2);
    } else {
      Duration error = before.minus(measured).abs();
      variation = variation.multipliedBy(3).plus(error).dividedBy(4);
      smoothed = before.multipliedBy(7).plus(measured).dividedBy(8);
    }
  }

  /** The smoothed round trip, once one was measured. */
  public Optional<Duration> roundTrip() {
    return Optional.ofNullable(smoothed);
  }

  /** How long an answer may take (RFC 6298 §2). */
  public Duration timeout() {
    Duration mean = smoothed;
    if (mean == null) {
      return FIRST_TIMEOUT;
    }
    Duration computed = mean.plus(variation.multipliedBy(4));
    return computed.compareTo(LEAST_TIMEOUT) < 0 ? LEAST_TIMEOUT : computed;
  }

  private Duration stallLimit() {
    Duration limit = timeout().multipliedBy(STALLED_TIMEOUTS);
    return limit.compareTo(LEAST_STALL) < 0 ? LEAST_STALL : limit;
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
    Instant due = asked ? silent : silent.minus(limit().dividedBy(2));
    return due.isBefore(beat) ? due : beat;
  }

  /** When it is silent, if nothing comes; null if nothing need come. */
  private @Nullable Instant silentAt() {
    Instant stalled = stalledSince;
    if (stalled == null) {
      return doubtedSince == null ? null : doubtedSince.plus(limit());
    }
    return (stalled.isBefore(heard) ? heard : stalled).plus(limit());
  }

  private Duration limit() {
    Duration limit = stallLimit();
    return stalledSince == null && limit.compareTo(LEAST_DOUBT) < 0 ? LEAST_DOUBT : limit;
  }

  /** Time has passed. */
  public Effect onTimeout(Instant now) {
    Instant silent = silentAt();
    if (silent != null) {
      if (!now.isBefore(silent)) {
        return Effect.SILENT;
      }
      if (!asked && !now.isBefore(silent.minus(limit().dividedBy(2)))) {
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
