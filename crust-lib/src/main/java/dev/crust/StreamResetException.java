package dev.crust;

import java.io.IOException;

/** The peer has given up its direction of a stream, or wants no more of ours. */
public final class StreamResetException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long code;

  /** Given up with this code of the application's. */
  public StreamResetException(long code) {
    super("the stream was reset with code " + code);
    this.code = code;
  }

  /** Why, as a number of the application's. */
  public long code() {
    return code;
  }
}
