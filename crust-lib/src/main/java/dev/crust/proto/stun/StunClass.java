package dev.crust.proto.stun;

/** The four classes of a STUN message (RFC 8489 §5). */
public enum StunClass {
  /** Asks for a response. */
  REQUEST(0x000),
  /** Asks for none. */
  INDICATION(0x010),
  /** The request was carried out. */
  SUCCESS(0x100),
  /** The request was refused. */
  ERROR(0x110);

  /** The class bits, where they stand in the message type. */
  final int bits;

  StunClass(int bits) {
    this.bits = bits;
  }

  static StunClass of(int messageType) {
    return switch (messageType & 0x110) {
      case 0x000 -> REQUEST;
      case 0x010 -> INDICATION;
      case 0x100 -> SUCCESS;
      default -> ERROR;
    };
  }
}
