package dev.crust.proto.stun;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunAttribute.Fingerprint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/** Messages to bytes and back (RFC 8489 §5, §14). Stateless and thread-safe. */
public final class StunCodec {
  /** The length of the header, in bytes. */
  public static final int HEADER = 20;

  /** The magic cookie (RFC 8489 §5). */
  static final int COOKIE = 0x2112a442;

  /** What FINGERPRINT is XORed with: "STUN" (RFC 8489 §14.7). */
  private static final int FINGERPRINT_XOR = 0x5354554e;

  private StunCodec() {}

  /**
   * Whether bytes on a shared port are STUN: two zero bits and the magic cookie (RFC 9443 §3, RFC
   * 8489 §5). Says nothing about the rest.
   */
  public static boolean looksLikeStun(byte[] bytes) {
    return looksLikeStun(ByteBuffer.wrap(bytes));
  }

  /** The same of the bytes from a buffer's position to its limit, in network order. */
  public static boolean looksLikeStun(ByteBuffer bytes) {
    int at = bytes.position();
    return bytes.remaining() >= HEADER
        && (bytes.get(at) & 0xc0) == 0
        && bytes.getInt(at + 4) == COOKIE;
  }

  /**
   * The message's bytes, without integrity.
   *
   * @throws IllegalArgumentException if it is larger than 65,535 bytes after the header, or
   *     FINGERPRINT is not its last attribute
   */
  public static byte[] encode(StunMessage message) {
    ByteBuffer out = begin(message, 0);
    writeFingerprint(message, out);
    return finish(out);
  }

  /**
   * The message's bytes, protected with a key; FINGERPRINT, if any, comes after it.
   *
   * @throws IllegalArgumentException as for {@link #encode(StunMessage)}
   */
  public static byte[] encode(StunMessage message, Integrity integrity, byte[] key) {
    ByteBuffer out = begin(message, integrity.encodedLength());
    integrity.append(out, key);
    writeFingerprint(message, out);
    return finish(out);
  }

  /**
   * Reads a message from untrusted bytes: the whole array. Attributes after MESSAGE-INTEGRITY are
   * left out, FINGERPRINT excepted (RFC 8489 §14.5).
   *
   * @throws MalformedMessageException if the bytes are not a STUN message, or FINGERPRINT is wrong
   */
  public static StunMessage decode(byte[] bytes) throws MalformedMessageException {
    if (!looksLikeStun(bytes)) {
      throw new MalformedMessageException("not STUN");
    }
    int length = unsigned16(bytes, 2);
    if (length % 4 != 0 || length != bytes.length - HEADER) {
      throw new MalformedMessageException(
          "STUN length " + length + " in a message of " + bytes.length + " bytes");
    }
    TransactionId id = TransactionId.of(Arrays.copyOfRange(bytes, 8, HEADER));
    int type = unsigned16(bytes, 0);
    StunClass kind = StunClass.of(type);
    int method = (type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80);
    return new StunMessage(kind, method, id, readAttributes(bytes, id));
  }

  private static List<StunAttribute> readAttributes(byte[] bytes, TransactionId id)
      throws MalformedMessageException {
    List<StunAttribute> attributes = new ArrayList<>();
    boolean sealed = false;
    int at = HEADER;
    while (at < bytes.length) {
      int type = unsigned16(bytes, at);
      int size = unsigned16(bytes, at + 2);
      int next = at + 4 + padded(size);
      if (next > bytes.length) {
        throw new MalformedMessageException(
            "attribute 0x%04x at %d runs over the end".formatted(type, at));
      }
      if (Integrity.SHA1.matches(type) || Integrity.SHA256.matches(type)) {
        sealed = true;
      } else if (type == 0x8028) {
        checkFingerprint(bytes, at, size, next);
        attributes.add(new Fingerprint());
      } else if (!sealed) {
        ByteBuffer value = ByteBuffer.wrap(bytes, at + 4, size).slice();
        attributes.add(AttributeCodec.read(type, value, id));
      }
      at = next;
    }
    return attributes;
  }

  private static void checkFingerprint(byte[] bytes, int at, int size, int next)
      throws MalformedMessageException {
    if (size != 4 || next != bytes.length) {
      throw new MalformedMessageException("FINGERPRINT of " + size + " bytes or not last");
    }
    if (ByteBuffer.wrap(bytes).getInt(at + 4) != fingerprint(bytes, at)) {
      throw new MalformedMessageException("FINGERPRINT does not match");
    }
  }

  private static ByteBuffer begin(StunMessage message, int integrityLength) {
    byte[] id = message.transactionId().bytes();
    List<byte[]> values = new ArrayList<>();
    int size = HEADER + integrityLength;
    for (StunAttribute attribute : message.attributes()) {
      byte[] value =
          attribute instanceof Fingerprint ? new byte[4] : AttributeCodec.value(attribute, id);
      values.add(value);
      size += 4 + padded(value.length);
    }
    if (size - HEADER > 0xffff) {
      throw new IllegalArgumentException("a message of " + size + " bytes");
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    int method = message.method();
    int type = (method & 0xf) | (method & 0x70) << 1 | (method & 0xf80) << 2;
    out.putShort((short) (type | message.kind().bits));
    out.putShort((short) (size - HEADER)).putInt(COOKIE).put(id);
    for (int i = 0; i < values.size(); i++) {
      StunAttribute attribute = message.attributes().get(i);
      if (attribute instanceof Fingerprint) {
        if (i != values.size() - 1) {
          throw new IllegalArgumentException("FINGERPRINT must be the last attribute");
        }
        continue;
      }
      byte[] value = values.get(i);
      out.putShort((short) attribute.type()).putShort((short) value.length).put(value);
      out.position(out.position() + padded(value.length) - value.length);
    }
    return out;
  }

  private static void writeFingerprint(StunMessage message, ByteBuffer out) {
    if (message.has(Fingerprint.class)) {
      byte[] before = written(out);
      int crc = fingerprint(before, before.length);
      out.putShort((short) 0x8028).putShort((short) 4).putInt(crc);
    }
  }

  private static byte[] finish(ByteBuffer out) {
    if (out.hasRemaining()) {
      throw new IllegalStateException(out.remaining() + " bytes left");
    }
    return written(out);
  }

  static byte[] written(ByteBuffer out) {
    byte[] bytes = new byte[out.position()];
    out.duplicate().flip().get(bytes);
    return bytes;
  }

  /** The CRC of what comes before; the header's length already counts FINGERPRINT (§14.7). */
  private static int fingerprint(byte[] bytes, int end) {
    CRC32 crc = new CRC32();
    crc.update(bytes, 0, end);
    return (int) crc.getValue() ^ FINGERPRINT_XOR;
  }

  static int padded(int length) {
    return (length + 3) & ~3;
  }

  static int unsigned16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  static void putUnsigned16(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >> 8);
    bytes[at + 1] = (byte) value;
  }
}
