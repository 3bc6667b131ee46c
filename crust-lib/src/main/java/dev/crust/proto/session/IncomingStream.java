package dev.crust.proto.session;

import dev.crust.proto.MalformedMessageException;
import java.time.Duration;
import java.time.Instant;

/**
 * What one side receives on a stream: keeps the peer to the window, and makes the window as large
 * as the path's bandwidth-delay product needs. It doubles whenever its half was used up within two
 * round trips (as in Go's and Chromium's flow control).
 */
final class IncomingStream {
  private final long id;
  private final long largest;
  private long window;
  private long received;
  private long taken;
  private long granted;
  private Instant grantedAt;
  private boolean ended;
  private boolean unwanted;

  IncomingStream(long id, long window, long largest, Instant now) {
    this.id = id;
    this.window = window;
    this.largest = largest;
    this.granted = window;
    this.grantedAt = now;
  }

  long id() {
    return id;
  }

  /** Whether no more is to come. */
  boolean ended() {
    return ended;
  }

  /** Nobody reads it: what still comes is dropped. */
  void stop() {
    unwanted = true;
  }

  boolean unwanted() {
    return unwanted;
  }

  /** How much has come in that the user has not taken. */
  long untaken() {
    return received - taken;
  }

  void onData(long bytes) throws MalformedMessageException {
    if (ended) {
      throw new MalformedMessageException("bytes on stream " + id + " after its end");
    }
    received += bytes;
    if (received > granted) {
      throw new MalformedMessageException(
          "%d bytes were sent on stream %d where %d were granted".formatted(received, id, granted));
    }
  }

  void onEnd() throws MalformedMessageException {
    if (ended) {
      throw new MalformedMessageException("stream " + id + " ended twice");
    }
    ended = true;
  }

  /**
   * The user has taken bytes.
   *
   * @return whether the peer should hear of the room
   */
  boolean onTaken(long bytes, Duration roundTrip, Instant now) {
    taken += bytes;
    if (ended || granted - taken > window / 2) {
      return false;
    }
    if (window < largest && now.isBefore(grantedAt.plus(roundTrip).plus(roundTrip))) {
      window = Math.min(largest, 2 * window);
    }
    grantedAt = now;
    return true;
  }

  /** The number for the frame that tells of the room. */
  long grant() {
    granted = Math.max(granted, taken + window);
    return granted;
  }
}
