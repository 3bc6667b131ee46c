package dev.crust;

import java.time.Duration;

/** A message became too old before it could be sent: see {@link Message#withMaxAge}. */
public final class MessageExpiredException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Dropped after this age. */
  public MessageExpiredException(Duration maxAge) {
    super("the message was not sent within " + maxAge.toMillis() + " ms and was dropped");
  }
}
