package dev.crust.io;

import java.nio.ByteBuffer;

/** What carries the bytes of a {@link Circuit} away. All on the circuit's loop. */
public interface CircuitWire {
  /** How many bytes it takes now; when there is more room, {@link Circuit#onRoom} is called. */
  long room();

  /**
   * Carries bytes away, at most as many as there is room for. The buffer is its own from now on.
   */
  void write(ByteBuffer bytes);

  /** No more bytes come from us, nor are any wanted. Called once. */
  void close();
}
