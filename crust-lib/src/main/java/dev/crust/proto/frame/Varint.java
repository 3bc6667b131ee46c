package dev.crust.proto.frame;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;

/** Unsigned numbers in base 128, least significant group first, as Protocol Buffers have them. */
public final class Varint {
  /** The longest encoding, in bytes: 63 bits. */
  public static final int MAX_LENGTH = 9;

  private Varint() {}

  /** How many bytes a number takes; it must not be negative. */
  public static int length(long value) {
    return (63 - Long.numberOfLeadingZeros(value | 1)) / 7 + 1;
  }

  /** Writes a number, which must not be negative. */
  public static void write(ByteBuffer out, long value) {
    long rest = value;
    while (rest >= 0x80) {
      out.put((byte) (rest | 0x80));
      rest >>>= 7;
    }
    out.put((byte) rest);
  }

  /**
   * Reads a number of at most 63 bits.
   *
   * @throws MalformedMessageException if it is longer, or cut short
   */
  public static long read(ByteBuffer in) throws MalformedMessageException {
    long value = 0;
    for (int shift = 0; shift < 7 * MAX_LENGTH; shift += 7) {
      if (!in.hasRemaining()) {
        throw new MalformedMessageException("a number is cut short");
      }
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new MalformedMessageException("a number is too long");
  }
}
