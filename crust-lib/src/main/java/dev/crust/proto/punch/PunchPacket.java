package dev.crust.proto.punch;

import dev.crust.proto.MalformedMessageException;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Side;
import java.nio.ByteBuffer;

/**
 * A datagram of UDP punching. All have {@value #LENGTH} bytes, so that no answer is larger than
 * what it answers:
 *
 * <pre>
 * 0x0c ‖ kind (1: 1 probe, 2 answer, 3 confirm) ‖ sender (1: 1 controlling, 2 controlled) ‖ round (1) ‖ token (16) ‖ nonce (8) ‖ echo (8)
 * </pre>
 *
 * The first byte is none of STUN (below 4), QUIC (bit 0x40) and DTLS (20 to 63; RFC 9443).
 *
 * @param kind what it is
 * @param sender whose it is, so that one's own that come back are known
 * @param round the sender's round, from 1
 * @param token the traversal's
 * @param nonce of the sender's choice, another for each address that it sends to
 * @param echo the nonce that it answers, 0 in a probe
 */
public record PunchPacket(
    Kind kind, Side sender, int round, PunchToken token, long nonce, long echo) {
  /** The length of each, in bytes. */
  public static final int LENGTH = 36;

  /** The first byte. */
  public static final byte MARK = 0x0c;

  private static final int MAX_ROUND = 255;
  private static final byte BY_CONTROLLING = 1;
  private static final byte BY_CONTROLLED = 2;

  /** The kinds. */
  public enum Kind {
    /** A question: does this get through? Answered with {@link #ANSWER}. */
    PROBE,
    /** To the source of a probe. Answered with {@link #CONFIRM}. */
    ANSWER,
    /** To the source of an answer: it got through. Never answered. */
    CONFIRM
  }

  /** Checks the round. */
  public PunchPacket {
    if (round < 1 || round > MAX_ROUND) {
      throw new IllegalArgumentException("round " + round);
    }
  }

  /** Whether a datagram is to be taken for one of these. */
  public static boolean looksLikePunch(byte[] datagram) {
    return datagram.length == LENGTH && datagram[0] == MARK;
  }

  /** The datagram. */
  public byte[] encode() {
    return ByteBuffer.allocate(LENGTH)
        .put(MARK)
        .put(number(kind))
        .put(sender == Side.CONTROLLING ? BY_CONTROLLING : BY_CONTROLLED)
        .put((byte) round)
        .putLong(token.high())
        .putLong(token.low())
        .putLong(nonce)
        .putLong(echo)
        .array();
  }

  /**
   * Reads a datagram.
   *
   * @throws MalformedMessageException if it is none of these
   */
  public static PunchPacket decode(byte[] datagram) throws MalformedMessageException {
    if (!looksLikePunch(datagram)) {
      throw new MalformedMessageException("no punch packet");
    }
    ByteBuffer buffer = ByteBuffer.wrap(datagram, 1, LENGTH - 1);
    Kind kind = kind(buffer.get());
    Side sender = side(buffer.get());
    int round = buffer.get() & 0xff;
    if (round == 0) {
      throw new MalformedMessageException("a punch packet of round 0");
    }
    PunchToken token = new PunchToken(buffer.getLong(), buffer.getLong());
    return new PunchPacket(kind, sender, round, token, buffer.getLong(), buffer.getLong());
  }

  private static byte number(Kind kind) {
    return switch (kind) {
      case PROBE -> 1;
      case ANSWER -> 2;
      case CONFIRM -> 3;
    };
  }

  private static Kind kind(byte number) throws MalformedMessageException {
    return switch (number) {
      case 1 -> Kind.PROBE;
      case 2 -> Kind.ANSWER;
      case 3 -> Kind.CONFIRM;
      default -> throw new MalformedMessageException("a punch packet of kind " + number);
    };
  }

  private static Side side(byte number) throws MalformedMessageException {
    return switch (number) {
      case BY_CONTROLLING -> Side.CONTROLLING;
      case BY_CONTROLLED -> Side.CONTROLLED;
      default -> throw new MalformedMessageException("a punch packet by " + number);
    };
  }
}
