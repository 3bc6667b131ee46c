package dev.crust.proto.datagram;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A QUIC connection id of 20 bytes, the length of all that we choose ourselves (RFC 9000 §5.1).
 *
 * @param high its first eight bytes
 * @param middle its next eight
 * @param low its last four
 */
public record ConnectionId(long high, long middle, int low) {
  /** The length, in bytes. */
  public static final int LENGTH = 20;

  private static final int LONG_HEADER = 0x80;
  private static final int LENGTH_AT = 5;

  /** An id that nobody can guess, if the generator is a cryptographic one. */
  public static ConnectionId random(RandomGenerator random) {
    return new ConnectionId(random.nextLong(), random.nextLong(), random.nextInt());
  }

  /** Reads the 20 bytes at this place. */
  public static ConnectionId at(ByteBuffer bytes, int index) {
    return new ConnectionId(
        bytes.getLong(index), bytes.getLong(index + 8), bytes.getInt(index + 16));
  }

  /**
   * The id that a QUIC packet is for (RFC 9000 §17.2, §17.3), from the buffer's position on; null
   * if it cannot be one of ours.
   */
  public static @Nullable ConnectionId destinationOf(ByteBuffer packet) {
    int at = packet.position();
    if (packet.remaining() < 1 + LENGTH) {
      return null;
    }
    if ((packet.get(at) & LONG_HEADER) == 0) {
      return at(packet, at + 1);
    }
    boolean ours = packet.get(at + LENGTH_AT) == LENGTH && packet.remaining() > LENGTH_AT + LENGTH;
    return ours ? at(packet, at + LENGTH_AT + 1) : null;
  }

  /** The 20 bytes. */
  public byte[] bytes() {
    return ByteBuffer.allocate(LENGTH).putLong(high).putLong(middle).putInt(low).array();
  }

  /** Random bits are a hash already. */
  @Override
  public int hashCode() {
    return (int) (high ^ middle);
  }
}
