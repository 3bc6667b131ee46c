package dev.crust.proto.admission;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/**
 * Sixteen random bytes that name an incarnation of an endpoint, or a connection.
 *
 * @param high the first eight bytes
 * @param low the last eight bytes
 */
public record Token(long high, long low) {
  /** The length, in bytes. */
  public static final int LENGTH = 16;

  /** A new one. */
  public static Token random(RandomGenerator random) {
    return new Token(random.nextLong(), random.nextLong());
  }

  /**
   * Reads one.
   *
   * @throws MalformedMessageException if the length is another
   */
  public static Token of(byte[] bytes) throws MalformedMessageException {
    if (bytes.length != LENGTH) {
      throw new MalformedMessageException("a token of %d bytes".formatted(bytes.length));
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new Token(buffer.getLong(), buffer.getLong());
  }

  /** The bytes. */
  public byte[] bytes() {
    return ByteBuffer.allocate(LENGTH).putLong(high).putLong(low).array();
  }
}
