package dev.crust.proto.datagram;

import dev.crust.proto.stun.StunCodec;
import java.nio.ByteBuffer;

/** What shares a UDP port, told apart by the first bytes of a datagram (RFC 9443 §3). */
public enum DatagramKind {
  /** STUN: the first byte is below 4, the magic cookie at offset 4. */
  STUN,
  /** QUIC: the fixed bit is set, which is why we never grease it (RFC 9287). */
  QUIC,
  /** Anything else: packets of our own for punching, or noise. */
  OTHER;

  /** RFC 9000 §14.1: a smaller datagram cannot begin a connection. */
  public static final int MIN_OPENING = 1200;

  private static final int FIXED_BIT = 0x40;
  private static final int LONG_HEADER = 0x80;
  private static final int ID_LENGTH_AT = 5;

  /** RFC 9000 §7.2. */
  private static final int MIN_MADE_UP_ID = 8;

  /** What the datagram from the buffer's position to its limit is. */
  public static DatagramKind of(ByteBuffer datagram) {
    if (StunCodec.looksLikeStun(datagram)) {
      return STUN;
    }
    boolean quic = datagram.hasRemaining() && (datagram.get(datagram.position()) & FIXED_BIT) != 0;
    return quic ? QUIC : OTHER;
  }

  /**
   * Whether a QUIC datagram may begin a connection: an Initial packet of version 1, or one of a
   * version that we do not know, in a datagram that is large enough (RFC 9000 §6.1, §14.1). Its
   * answer is then smaller than itself. What the client calls itself must be as long as our ids
   * are: what we send tells of its addressee by that alone.
   */
  public static boolean mayOpen(ByteBuffer datagram) {
    if (datagram.remaining() < MIN_OPENING) {
      return false;
    }
    int at = datagram.position();
    int first = datagram.get(at);
    boolean initial = (first & 0x30) == 0;
    boolean negotiation = datagram.getInt(at + 1) == 0;
    int length = datagram.get(at + ID_LENGTH_AT) & 0xff;
    boolean fit = length >= MIN_MADE_UP_ID && length <= ConnectionId.LENGTH;
    return (first & LONG_HEADER) != 0
        && initial
        && !negotiation
        && fit
        && datagram.get(sourceLengthAt(datagram)) == ConnectionId.LENGTH;
  }

  private static int sourceLengthAt(ByteBuffer datagram) {
    int at = datagram.position() + ID_LENGTH_AT;
    return at + 1 + datagram.get(at);
  }

  /** The id by which the client of a datagram which {@link #mayOpen} wants to be called. */
  public static ConnectionId clientOf(ByteBuffer datagram) {
    return ConnectionId.at(datagram, sourceLengthAt(datagram) + 1);
  }

  /** A copy of the id that a datagram which {@link #mayOpen} bears: one that its client made up. */
  public static ByteBuffer openingId(ByteBuffer datagram) {
    int at = datagram.position() + ID_LENGTH_AT;
    byte[] id = new byte[datagram.get(at)];
    datagram.get(at + 1, id);
    return ByteBuffer.wrap(id);
  }
}
