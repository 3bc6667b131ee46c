package dev.crust.proto.beacon;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** An immutable string of bytes, equal to another by content. */
public final class Bytes {
  private final byte[] content;

  private Bytes(byte[] content) {
    this.content = content;
  }

  /** A copy of these bytes. */
  public static Bytes copyOf(byte[] content) {
    return new Bytes(content.clone());
  }

  /** A copy of the first bytes that a buffer holds, up to its position. */
  public static Bytes filledPart(ByteBuffer buffer) {
    byte[] content = new byte[buffer.position()];
    buffer.duplicate().flip().get(content);
    return new Bytes(content);
  }

  /** How many they are. */
  public int length() {
    return content.length;
  }

  /** A copy as an array. */
  public byte[] toArray() {
    return content.clone();
  }

  /** A read-only view. */
  public ByteBuffer buffer() {
    return ByteBuffer.wrap(content).asReadOnlyBuffer();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && Arrays.equals(content, that.content);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(content);
  }

  @Override
  public String toString() {
    return content.length + " bytes";
  }
}
