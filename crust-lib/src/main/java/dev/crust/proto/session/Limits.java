package dev.crust.proto.session;

import dev.crust.Message;

/**
 * What one side of a session lets the other send.
 *
 * @param maxMessageSize the largest message that it accepts, in bytes
 * @param window how much in messages may be on the way or wait for its user, in charged bytes; room
 *     for the largest message at least
 * @param streamWindow how much of a stream may be on the way or wait for its user at first, in
 *     bytes; grows with the path's bandwidth-delay product
 * @param streamsWindow the same of all streams together
 * @param maxStreams how many streams the other side may have open
 */
public record Limits(
    int maxMessageSize, long window, long streamWindow, long streamsWindow, int maxStreams) {
  /** What a message is charged beyond its bytes, so that empty ones are not free. */
  public static final int MESSAGE_OVERHEAD = 64;

  /** What every stream may hold at first. */
  public static final long STREAM_WINDOW = 256 << 10;

  /** What a stream may hold when the path is fast and long. */
  public static final long LARGEST_STREAM_WINDOW = 8 << 20;

  /** What a stream of a service may hold at most: nobody reads it who could be asked to hurry. */
  public static final long LARGEST_SERVICE_WINDOW = 512 << 10;

  /** What all streams of a connection may hold. */
  public static final long STREAMS_WINDOW = 24 << 20;

  /** As many streams may the peer have open. */
  public static final int MAX_STREAMS = 4096;

  /** Checks that the largest message fits the window. */
  public Limits {
    if (maxMessageSize < 0 || window < (long) maxMessageSize + MESSAGE_OVERHEAD) {
      throw new IllegalArgumentException(
          "a window of %d bytes has no room for a message of %d".formatted(window, maxMessageSize));
    }
    if (streamWindow < 0 || streamsWindow < 0 || maxStreams < 0) {
      throw new IllegalArgumentException("a limit for streams is negative");
    }
  }

  /** Limits for messages, with the usual ones for streams. */
  public Limits(int maxMessageSize, long window) {
    this(maxMessageSize, window, STREAM_WINDOW, STREAMS_WINDOW, MAX_STREAMS);
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
