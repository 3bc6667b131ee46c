package dev.crust.proto.stun;

import dev.crust.proto.MalformedMessageException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a byte stream into STUN messages: over TCP each says its own length (RFC 8489 §6.2.2).
 *
 * <p>Holds at most one message that is not complete yet, {@value #MAX_MESSAGE} bytes. Confined to
 * one thread.
 */
public final class StunFramer {
  /** The largest message accepted, in bytes. */
  public static final int MAX_MESSAGE = 4096;

  private byte[] pending = {};

  /**
   * Takes the next bytes of the stream.
   *
   * @return the messages that they complete, each as its bytes, oldest first
   * @throws MalformedMessageException if the stream is not STUN; it cannot be read any further
   */
  public List<byte[]> onBytes(byte[] bytes) throws MalformedMessageException {
    ByteArrayOutputStream joined = new ByteArrayOutputStream(pending.length + bytes.length);
    joined.writeBytes(pending);
    joined.writeBytes(bytes);
    byte[] stream = joined.toByteArray();
    List<byte[]> messages = new ArrayList<>();
    int at = 0;
    while (stream.length - at >= StunCodec.HEADER) {
      byte[] header = Arrays.copyOfRange(stream, at, at + StunCodec.HEADER);
      int size = StunCodec.HEADER + StunCodec.unsigned16(header, 2);
      if (!StunCodec.looksLikeStun(header) || size % 4 != 0 || size > MAX_MESSAGE) {
        throw new MalformedMessageException("a stream that is not STUN, or a message too large");
      }
      if (stream.length - at < size) {
        break;
      }
      messages.add(Arrays.copyOfRange(stream, at, at + size));
      at += size;
    }
    pending = Arrays.copyOfRange(stream, at, stream.length);
    return messages;
  }
}
