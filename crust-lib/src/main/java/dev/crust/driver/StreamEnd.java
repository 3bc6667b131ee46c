package dev.crust.driver;

import dev.crust.ConnectionLostException;
import java.nio.ByteBuffer;

/**
 * Our end of a stream, whoever uses it. What comes is told by the paths' loops, with the {@link
 * SessionMonitor}'s lock held.
 */
interface StreamEnd {
  /** Bytes have come, all of which are taken. Returns whether {@link #flush} is to follow. */
  boolean onBytes(ByteBuffer bytes);

  /** Wakes whoever waits for bytes. Without the lock. */
  void flush();

  /** The peer sends no more. */
  void onEnd();

  /** The peer has given up sending. */
  void onReset(long code);

  /** The peer wants no more, and so many bytes that waited are dropped. */
  void onStopped(long code, long dropped);

  /** The peer's endpoint has accepted so many bytes. */
  void onAcknowledged(int bytes);

  /** The connection is over. */
  void onLost(ConnectionLostException how);
}
