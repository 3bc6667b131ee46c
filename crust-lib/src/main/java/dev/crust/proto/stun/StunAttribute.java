package dev.crust.proto.stun;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * One attribute of a STUN message, by its RFC name. Addresses are resolved; text is UTF-8 of at
 * most {@value #MAX_TEXT} bytes. All are immutable values.
 *
 * <p>MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 are not among them: they belong to bytes, not
 * to a message (see {@link Integrity}).
 */
public sealed interface StunAttribute {
  /** The most bytes of a text: 127 characters of up to 6 bytes (RFC 8489 §14.14). */
  int MAX_TEXT = 763;

  /** The attribute type as registered with IANA, 16 bits; up to 0x7fff it must be understood. */
  int type();

  /** MAPPED-ADDRESS (RFC 8489 §14.1): where the request came from, in clear. */
  record MappedAddress(InetSocketAddress address) implements StunAttribute {
    @Override
    public int type() {
      return 0x0001;
    }
  }

  /** XOR-MAPPED-ADDRESS (RFC 8489 §14.2): where the request came from, hidden from rewriters. */
  record XorMappedAddress(InetSocketAddress address) implements StunAttribute {
    @Override
    public int type() {
      return 0x0020;
    }
  }

  /** RESPONSE-ORIGIN (RFC 5780 §7.3): where the response was sent from. */
  record ResponseOrigin(InetSocketAddress address) implements StunAttribute {
    @Override
    public int type() {
      return 0x802b;
    }
  }

  /** OTHER-ADDRESS (RFC 5780 §7.4): where a response with both IP and port changed comes from. */
  record OtherAddress(InetSocketAddress address) implements StunAttribute {
    @Override
    public int type() {
      return 0x802c;
    }
  }

  /** CHANGE-REQUEST (RFC 5780 §7.2): answer from the other IP address, the other port, or both. */
  record ChangeRequest(boolean changeIp, boolean changePort) implements StunAttribute {
    @Override
    public int type() {
      return 0x0003;
    }
  }

  /** RESPONSE-PORT (RFC 5780 §7.5): answer to this port of the address that asked. */
  record ResponsePort(int port) implements StunAttribute {
    /** Checks the port. */
    public ResponsePort {
      if (port < 0 || port > 0xffff) {
        throw new IllegalArgumentException("port " + port);
      }
    }

    @Override
    public int type() {
      return 0x0027;
    }
  }

  /** PADDING (RFC 5780 §7.6): zero bytes that make a message larger. */
  record Padding(int length) implements StunAttribute {
    /** Checks the length. */
    public Padding {
      if (length < 0 || length > 0xfff0) {
        throw new IllegalArgumentException("padding of " + length + " bytes");
      }
    }

    @Override
    public int type() {
      return 0x0026;
    }
  }

  /** USERNAME (RFC 8489 §14.3). */
  record Username(String name) implements StunAttribute {
    /** Checks the length. */
    public Username {
      checkText(name);
    }

    @Override
    public int type() {
      return 0x0006;
    }
  }

  /** REALM (RFC 8489 §14.9). */
  record Realm(String name) implements StunAttribute {
    /** Checks the length. */
    public Realm {
      checkText(name);
    }

    @Override
    public int type() {
      return 0x0014;
    }
  }

  /** NONCE (RFC 8489 §14.10). */
  record Nonce(String value) implements StunAttribute {
    /** Checks the length. */
    public Nonce {
      checkText(value);
    }

    @Override
    public int type() {
      return 0x0015;
    }
  }

  /** SOFTWARE (RFC 8489 §14.14). */
  record Software(String description) implements StunAttribute {
    /** Checks the length. */
    public Software {
      checkText(description);
    }

    @Override
    public int type() {
      return 0x8022;
    }
  }

  /** ERROR-CODE (RFC 8489 §14.8): 300 to 699 and a reason for people. */
  record ErrorCode(int code, String reason) implements StunAttribute {
    /** Checks the range and the length. */
    public ErrorCode {
      if (code < 300 || code > 699) {
        throw new IllegalArgumentException("error code " + code);
      }
      checkText(reason);
    }

    @Override
    public int type() {
      return 0x0009;
    }
  }

  /** UNKNOWN-ATTRIBUTES (RFC 8489 §14.13): the types that a server did not understand. */
  record UnknownAttributes(List<Integer> types) implements StunAttribute {
    /** Copies the list. */
    public UnknownAttributes {
      types = List.copyOf(types);
      if (types.stream().anyMatch(type -> type < 0 || type > 0xffff)) {
        throw new IllegalArgumentException("attribute types " + types);
      }
    }

    @Override
    public int type() {
      return 0x000a;
    }
  }

  /**
   * FINGERPRINT (RFC 8489 §14.7), always last. Its value is computed on encoding and checked on
   * decoding.
   */
  record Fingerprint() implements StunAttribute {
    @Override
    public int type() {
      return 0x8028;
    }
  }

  /** An attribute that this library does not know. */
  final class Opaque implements StunAttribute {
    private final int type;
    private final byte[] value;

    /**
     * An attribute of this type and value.
     *
     * @throws IllegalArgumentException if type or length do not fit 16 bits
     */
    public Opaque(int type, byte[] value) {
      if (type < 0 || type > 0xffff || value.length > 0xfff0) {
        throw new IllegalArgumentException("type " + type + ", " + value.length + " bytes");
      }
      this.type = type;
      this.value = value.clone();
    }

    @Override
    public int type() {
      return type;
    }

    /** A copy of the bytes. */
    public byte[] value() {
      return value.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Opaque that && type == that.type && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
      return 31 * type + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
      return "Opaque[type=0x%04x, value=%s]".formatted(type, HexFormat.of().formatHex(value));
    }
  }

  private static void checkText(String text) {
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_TEXT) {
      throw new IllegalArgumentException("text of more than " + MAX_TEXT + " bytes");
    }
  }
}
