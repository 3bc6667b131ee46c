package dev.crust.proto.session;

import dev.crust.Message;

/**
 * What one side of a session lets the other send.
 *
 * @param maxMessageSize the largest message that it accepts, in bytes
 * @param window how much may be on the way or wait for its user, in charged bytes; room for the
 *     largest message at least
 */
public record Limits(int maxMessageSize, long window) {
  /** What a message is charged beyond its bytes, so that empty ones are not free. */
  public static final int MESSAGE_OVERHEAD = 64;

  /** Checks that the largest message fits the window. */
  public Limits {
    if (maxMessageSize < 0 || window < (long) maxMessageSize + MESSAGE_OVERHEAD) {
      throw new IllegalArgumentException(
          "a window of %d bytes has no room for a message of %d".formatted(window, maxMessageSize));
    }
  }

  /**
   * The limits of an endpoint that accepts messages up to this size: a window of two such messages.
   */
  public static Limits forMessages(int maxMessageSize) {
    return new Limits(maxMessageSize, 2L * charge(maxMessageSize));
  }

  /** What a message takes from the window. */
  public static long charge(Message message) {
    return charge(message.length());
  }

  static long charge(int length) {
    return (long) length + MESSAGE_OVERHEAD;
  }
}
