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
  private Instant heard;
  private boolean asked;

  /** A watch that begins now. */
  public Heartbeat(Duration interval, Instant now) {
    this.interval = interval;
    this.heard = now;
  }

  /** Something came from the peer, whatever it was. */
  public void onHeard(Instant now) {
    heard = now;
    asked = false;
  }

  /** When {@link #onTimeout} should be called next. */
  public Instant deadline() {
    return heard.plus(asked ? interval.multipliedBy(2) : interval);
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
