package dev.crust.proto.reachability;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;

/**
 * What a dial-back says, as a datagram or as the only bytes of a connection: 0x0d and the nonce, 9
 * bytes. The first byte is none of STUN, QUIC, TLS and punching.
 *
 * @param value the asker's choice, not 0
 */
public record Nonce(long value) {
  /** The length, in bytes. */
  public static final int LENGTH = 9;

  /** The first byte. */
  public static final byte MARK = 0x0d;

  /** Whether bytes are to be taken for one. */
  public static boolean looksLikeNonce(byte[] bytes) {
    return bytes.length == LENGTH && bytes[0] == MARK;
  }

  /** The bytes. */
  public byte[] encode() {
    return ByteBuffer.allocate(LENGTH).put(MARK).putLong(value).array();
  }

  /**
   * Reads one.
   *
   * @throws MalformedMessageException if it is none
   */
  public static Nonce decode(byte[] bytes) throws MalformedMessageException {
    if (!looksLikeNonce(bytes)) {
      throw new MalformedMessageException("no dial-back");
    }
    return new Nonce(ByteBuffer.wrap(bytes, 1, Long.BYTES).getLong());
  }
}
