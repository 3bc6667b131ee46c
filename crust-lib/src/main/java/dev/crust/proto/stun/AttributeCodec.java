package dev.crust.proto.stun;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunAttribute.ChangeRequest;
import dev.crust.proto.stun.StunAttribute.ErrorCode;
import dev.crust.proto.stun.StunAttribute.MappedAddress;
import dev.crust.proto.stun.StunAttribute.Nonce;
import dev.crust.proto.stun.StunAttribute.Opaque;
import dev.crust.proto.stun.StunAttribute.OtherAddress;
import dev.crust.proto.stun.StunAttribute.Padding;
import dev.crust.proto.stun.StunAttribute.Realm;
import dev.crust.proto.stun.StunAttribute.ResponseOrigin;
import dev.crust.proto.stun.StunAttribute.ResponsePort;
import dev.crust.proto.stun.StunAttribute.Software;
import dev.crust.proto.stun.StunAttribute.UnknownAttributes;
import dev.crust.proto.stun.StunAttribute.Username;
import dev.crust.proto.stun.StunAttribute.XorMappedAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The value of each attribute, to bytes and back (RFC 8489 §14, RFC 5780 §7). */
final class AttributeCodec {
  private static final int FAMILY_IPV4 = 1;
  private static final int FAMILY_IPV6 = 2;

  private AttributeCodec() {}

  static StunAttribute read(int type, ByteBuffer value, TransactionId id)
      throws MalformedMessageException {
    return switch (type) {
      case 0x0001 -> new MappedAddress(address(value));
      case 0x0020 -> new XorMappedAddress(xorAddress(value, id));
      case 0x802b -> new ResponseOrigin(address(value));
      case 0x802c -> new OtherAddress(address(value));
      case 0x0003 -> changeRequest(value);
      case 0x0027 -> responsePort(value);
      case 0x0026 -> new Padding(Math.min(value.remaining(), 0xfff0));
      case 0x0006 -> new Username(text(value));
      case 0x0014 -> new Realm(text(value));
      case 0x0015 -> new Nonce(text(value));
      case 0x8022 -> new Software(text(value));
      case 0x0009 -> errorCode(value);
      case 0x000a -> unknownAttributes(value);
      default -> new Opaque(type, rest(value));
    };
  }

  static byte[] value(StunAttribute attribute, byte[] id) {
    if (attribute instanceof MappedAddress a) {
      return bytes(a.address(), new byte[18]);
    } else if (attribute instanceof XorMappedAddress a) {
      return bytes(a.address(), mask(id));
    } else if (attribute instanceof ResponseOrigin a) {
      return bytes(a.address(), new byte[18]);
    } else if (attribute instanceof OtherAddress a) {
      return bytes(a.address(), new byte[18]);
    } else if (attribute instanceof ChangeRequest a) {
      return new byte[] {0, 0, 0, (byte) ((a.changeIp() ? 4 : 0) | (a.changePort() ? 2 : 0))};
    } else if (attribute instanceof ResponsePort a) {
      // RFC 5780 §7.5: the port in the first two bytes, the others reserved.
      return new byte[] {(byte) (a.port() >> 8), (byte) a.port(), 0, 0};
    } else if (attribute instanceof Padding a) {
      return new byte[a.length()];
    } else if (attribute instanceof Username a) {
      return a.name().getBytes(StandardCharsets.UTF_8);
    } else if (attribute instanceof Realm a) {
      return a.name().getBytes(StandardCharsets.UTF_8);
    } else if (attribute instanceof Nonce a) {
      return a.value().getBytes(StandardCharsets.UTF_8);
    } else if (attribute instanceof Software a) {
      return a.description().getBytes(StandardCharsets.UTF_8);
    } else if (attribute instanceof ErrorCode a) {
      byte[] reason = a.reason().getBytes(StandardCharsets.UTF_8);
      byte[] head = {0, 0, (byte) (a.code() / 100), (byte) (a.code() % 100)};
      return ByteBuffer.allocate(4 + reason.length).put(head).put(reason).array();
    } else if (attribute instanceof UnknownAttributes a) {
      ByteBuffer out = ByteBuffer.allocate(a.types().size() * 2);
      a.types().forEach(type -> out.putShort(type.shortValue()));
      return out.array();
    } else if (attribute instanceof Opaque a) {
      return a.value();
    }
    throw new IllegalStateException("no value for " + attribute);
  }

  private static InetSocketAddress address(ByteBuffer value) throws MalformedMessageException {
    return address(value, new byte[18]);
  }

  private static InetSocketAddress xorAddress(ByteBuffer value, TransactionId id)
      throws MalformedMessageException {
    return address(value, mask(id.bytes()));
  }

  private static InetSocketAddress address(ByteBuffer value, byte[] mask)
      throws MalformedMessageException {
    if (value.remaining() != 8 && value.remaining() != 20) {
      throw new MalformedMessageException("address of " + value.remaining() + " bytes");
    }
    value.get();
    int family = value.get();
    if (family != (value.remaining() == 6 ? FAMILY_IPV4 : FAMILY_IPV6)) {
      throw new MalformedMessageException("address family " + family);
    }
    byte[] port = new byte[2];
    value.get(port);
    byte[] ip = rest(value);
    for (int i = 0; i < ip.length; i++) {
      ip[i] ^= mask[2 + i];
    }
    int number = ((port[0] ^ mask[0]) & 0xff) << 8 | ((port[1] ^ mask[1]) & 0xff);
    try {
      return new InetSocketAddress(InetAddress.getByAddress(ip), number);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(InetSocketAddress address, byte[] mask) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException(address + " is not resolved");
    }
    byte[] ip = address.getAddress().getAddress();
    byte[] value = new byte[4 + ip.length];
    value[1] = (byte) (ip.length == 4 ? FAMILY_IPV4 : FAMILY_IPV6);
    value[2] = (byte) (address.getPort() >> 8 ^ mask[0]);
    value[3] = (byte) (address.getPort() ^ mask[1]);
    for (int i = 0; i < ip.length; i++) {
      value[4 + i] = (byte) (ip[i] ^ mask[2 + i]);
    }
    return value;
  }

  /** What port and address are XORed with: the cookie's top half, then cookie and id (§14.2). */
  private static byte[] mask(byte[] id) {
    return ByteBuffer.allocate(18)
        .putShort((short) (StunCodec.COOKIE >>> 16))
        .putInt(StunCodec.COOKIE)
        .put(id)
        .array();
  }

  private static ChangeRequest changeRequest(ByteBuffer value) throws MalformedMessageException {
    if (value.remaining() != 4) {
      throw new MalformedMessageException("CHANGE-REQUEST of " + value.remaining() + " bytes");
    }
    int flags = value.getInt();
    return new ChangeRequest((flags & 4) != 0, (flags & 2) != 0);
  }

  private static ResponsePort responsePort(ByteBuffer value) throws MalformedMessageException {
    if (value.remaining() != 4 && value.remaining() != 2) {
      throw new MalformedMessageException("RESPONSE-PORT of " + value.remaining() + " bytes");
    }
    return new ResponsePort(value.getShort() & 0xffff);
  }

  private static ErrorCode errorCode(ByteBuffer value) throws MalformedMessageException {
    if (value.remaining() < 4) {
      throw new MalformedMessageException("ERROR-CODE of " + value.remaining() + " bytes");
    }
    value.getShort();
    int hundreds = value.get() & 7;
    int number = value.get() & 0xff;
    if (hundreds < 3 || hundreds > 6 || number > 99) {
      throw new MalformedMessageException("ERROR-CODE " + hundreds + "/" + number);
    }
    return new ErrorCode(hundreds * 100 + number, text(value));
  }

  private static UnknownAttributes unknownAttributes(ByteBuffer value)
      throws MalformedMessageException {
    if (value.remaining() % 2 != 0) {
      throw new MalformedMessageException("UNKNOWN-ATTRIBUTES of an odd length");
    }
    List<Integer> types = new ArrayList<>();
    while (value.hasRemaining()) {
      types.add(value.getShort() & 0xffff);
    }
    return new UnknownAttributes(types);
  }

  private static String text(ByteBuffer value) throws MalformedMessageException {
    if (value.remaining() > StunAttribute.MAX_TEXT) {
      throw new MalformedMessageException("text of " + value.remaining() + " bytes");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(value).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedMessageException("text that is not UTF-8");
    }
  }

  private static byte[] rest(ByteBuffer value) {
    byte[] bytes = new byte[value.remaining()];
    value.get(bytes);
    return bytes;
  }
}
