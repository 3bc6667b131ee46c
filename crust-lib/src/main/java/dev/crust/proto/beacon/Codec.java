package dev.crust.proto.beacon;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.beacon.Message.Announcement;
import dev.crust.proto.beacon.Message.Answer;
import dev.crust.proto.beacon.Message.Presence;
import dev.crust.proto.beacon.Message.Query;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads and writes bodies: version, kind, fields. What follows the last known field is zero when
 * written and skipped when read.
 */
final class Codec {
  static final int VERSION = 1;

  /** An answer's sealed part: all that is left of a body. */
  static final int SEALED_LENGTH =
      NetworkSeal.BODY_LENGTH - 2 - AesGcm.NONCE_LENGTH - OneTimeKey.LENGTH;

  private static final int QUERY = 1;
  private static final int ANSWER = 2;
  private static final int ANNOUNCEMENT = 3;
  private static final int TCP = 1;
  private static final int QUIC = 2;
  private static final int IPV4 = 4;
  private static final int IPV6 = 6;

  private Codec() {}

  static byte[] encode(Message message) {
    ByteBuffer out = ByteBuffer.allocate(NetworkSeal.BODY_LENGTH);
    out.put((byte) VERSION);
    if (message instanceof Query query) {
      out.put((byte) QUERY).putLong(query.instance()).put(query.key().buffer());
    } else if (message instanceof Answer answer) {
      out.put((byte) ANSWER).put(answer.queryNonce().buffer());
      out.put(answer.key().buffer()).put(answer.sealed().buffer());
    } else if (message instanceof Announcement announcement) {
      put(out.put((byte) ANNOUNCEMENT), announcement.presence());
    }
    return out.array();
  }

  /** Reads a body whose version is ours. */
  static Message decode(byte[] body) throws MalformedMessageException {
    ByteBuffer in = ByteBuffer.wrap(body);
    need(in, 2, "a version and a kind");
    int version = in.get() & 0xff;
    if (version != VERSION) {
      throw new MalformedMessageException("version " + version);
    }
    int kind = in.get() & 0xff;
    return switch (kind) {
      case QUERY -> {
        need(in, Long.BYTES, "an instance");
        yield new Query(in.getLong(), bytes(in, OneTimeKey.LENGTH));
      }
      case ANSWER ->
          new Answer(
              bytes(in, AesGcm.NONCE_LENGTH),
              bytes(in, OneTimeKey.LENGTH),
              bytes(in, SEALED_LENGTH));
      case ANNOUNCEMENT -> new Announcement(presence(in));
      default -> throw new MalformedMessageException("kind " + kind);
    };
  }

  /** The version of a body that may be another's than ours. */
  static int version(byte[] body) {
    return body[0] & 0xff;
  }

  /** The text of an answer's sealed part, padded so that all are equally long. */
  static byte[] encode(Presence presence) {
    ByteBuffer out = ByteBuffer.allocate(SEALED_LENGTH - AesGcm.TAG_LENGTH);
    put(out, presence);
    return out.array();
  }

  static Presence decodePresence(byte[] text) throws MalformedMessageException {
    return presence(ByteBuffer.wrap(text));
  }

  private static void put(ByteBuffer out, Presence presence) {
    out.put(presence.peer().bytes()).putLong(presence.instance());
    out.put((byte) presence.candidates().size());
    for (Candidate candidate : presence.candidates()) {
      byte[] ip = candidate.address().getAddress().getAddress();
      out.put((byte) code(candidate.transport()));
      out.put((byte) (ip.length == 4 ? IPV4 : IPV6)).put(ip);
      out.putShort((short) candidate.address().getPort());
    }
  }

  private static Presence presence(ByteBuffer in) throws MalformedMessageException {
    PeerId peer = PeerId.of(bytes(in, PeerId.LENGTH).toArray());
    need(in, Long.BYTES + 1, "an instance and a count");
    long instance = in.getLong();
    int count = in.get() & 0xff;
    if (count > CrustAddress.MAX_CANDIDATES) {
      throw new MalformedMessageException(count + " candidates");
    }
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      need(in, 2, "a transport and a family");
      int transport = in.get() & 0xff;
      InetSocketAddress address = address(in);
      transport(transport).ifPresent(known -> candidates.add(new Candidate(known, address)));
    }
    return new Presence(peer, instance, List.copyOf(candidates));
  }

  private static InetSocketAddress address(ByteBuffer in) throws MalformedMessageException {
    int family = in.get() & 0xff;
    InetAddress ip =
        switch (family) {
          case IPV4 -> ip(bytes(in, 4));
          case IPV6 -> ip(bytes(in, 16));
          default -> throw new MalformedMessageException("address family " + family);
        };
    if (family == IPV6 != ip instanceof Inet6Address) {
      throw new MalformedMessageException("an IPv4 address in the clothes of IPv6");
    }
    if (ip.isAnyLocalAddress() || ip.isMulticastAddress()) {
      throw new MalformedMessageException("an address that nobody can dial");
    }
    need(in, Short.BYTES, "a port");
    int port = in.getShort() & 0xffff;
    if (port == 0) {
      throw new MalformedMessageException("port 0");
    }
    return new InetSocketAddress(ip, port);
  }

  private static InetAddress ip(Bytes bytes) {
    try {
      return InetAddress.getByAddress(bytes.toArray());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 and 16 bytes are addresses", e);
    }
  }

  private static int code(Transport transport) {
    return switch (transport) {
      case TCP -> TCP;
      case QUIC -> QUIC;
    };
  }

  /** A later version's transport is skipped, not an error. */
  private static Optional<Transport> transport(int code) {
    return Arrays.stream(Transport.values()).filter(known -> code(known) == code).findFirst();
  }

  private static Bytes bytes(ByteBuffer in, int length) throws MalformedMessageException {
    need(in, length, "a field");
    byte[] field = new byte[length];
    in.get(field);
    return Bytes.copyOf(field);
  }

  private static void need(ByteBuffer in, int length, String what)
      throws MalformedMessageException {
    if (in.remaining() < length) {
      throw new MalformedMessageException(what + " cut short");
    }
  }
}
