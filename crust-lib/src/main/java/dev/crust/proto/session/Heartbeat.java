package dev.crust.proto.session;

import java.time.Duration;
import java.time.Instant;

/**
 * Watches a path for signs of life: asks for one when nothing has come for an interval, and gives
 * the path up when nothing has come for two.
 */
public final class Heartbeat {
  /** What is to be done. */
  public enum Effect {
    /** Nothing yet. */
    NONE,
    /** Send a ping. */
    ASK,
    /** The peer is silent: end the path. */
    GIVE_UP
  }

  private final Duration interval;
  private Duration untilAsked;
  private Instant heard;
  private boolean asked;

  /** A watch that begins now. */
  public Heartbeat(Duration interval, Instant now) {
    this.interval = interval;
    this.untilAsked = interval;
    this.heard = now;
  }

  /**
   * Leaves it to the peer to ask: one who asks is enough for both to hear of each other. Asks a
   * quarter of an interval later if the peer does not, and gives up as early as otherwise.
   */
  public void leaveToPeer() {
    untilAsked = interval.plus(interval.dividedBy(4));
  }

  /** Something came from the peer, whatever it was. */
  public void onHeard(Instant now) {
    heard = now;
    asked = false;
  }

  /** When {@link #onTimeout} should be called next. */
  public Instant deadline() {
    return asked ? heard.plus(interval).plus(interval) : heard.plus(untilAsked);
  }

  /** Time has passed. */
  public Effect onTimeout(Instant now) {
    if (now.isBefore(deadline())) {
      return Effect.NONE;
    }
    if (asked) {
      return Effect.GIVE_UP;
    }
    asked = true;
    return Effect.ASK;
  }
}
