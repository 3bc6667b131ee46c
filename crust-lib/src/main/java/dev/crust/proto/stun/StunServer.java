package dev.crust.proto.stun;

import dev.crust.proto.stun.StunAttribute.ChangeRequest;
import dev.crust.proto.stun.StunAttribute.ErrorCode;
import dev.crust.proto.stun.StunAttribute.Fingerprint;
import dev.crust.proto.stun.StunAttribute.OtherAddress;
import dev.crust.proto.stun.StunAttribute.ResponseOrigin;
import dev.crust.proto.stun.StunAttribute.ResponsePort;
import dev.crust.proto.stun.StunAttribute.UnknownAttributes;
import dev.crust.proto.stun.StunAttribute.XorMappedAddress;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A STUN server's answer as a function (RFC 8489 §6.3.1, RFC 5780 §6.1): no state, no clock.
 *
 * <p>A reply is never larger than twice the request as an IP packet, and nothing but a Binding
 * request is answered: whoever forges a source gains little by us. PADDING is not answered with
 * PADDING for the same reason. Thread-safe.
 */
public final class StunServer {
  /** How a request came. */
  public enum Transport {
    /** In a datagram. */
    UDP,
    /** On a connection; the reply goes back on it. */
    TCP
  }

  /**
   * The four endpoints of a server with two addresses and two ports (RFC 5780 §6).
   *
   * @param primary an address and a port
   * @param alternate both others
   */
  public record Alternates(InetSocketAddress primary, InetSocketAddress alternate) {
    /** Checks that they differ in both. */
    public Alternates {
      if (primary.getAddress().equals(alternate.getAddress())
          || primary.getPort() == alternate.getPort()) {
        throw new IllegalArgumentException(primary + " and " + alternate + " must differ in both");
      }
    }

    /** Whether this is one of the four. */
    public boolean has(InetSocketAddress endpoint) {
      return from(endpoint, false, false).equals(endpoint);
    }

    /** The endpoint that differs from one of the four as asked. */
    InetSocketAddress from(InetSocketAddress receivedOn, boolean changeIp, boolean changePort) {
      InetSocketAddress ip = other(primary.getAddress().equals(receivedOn.getAddress()), changeIp);
      InetSocketAddress port = other(primary.getPort() == receivedOn.getPort(), changePort);
      return new InetSocketAddress(ip.getAddress(), port.getPort());
    }

    private InetSocketAddress other(boolean isPrimary, boolean change) {
      return isPrimary != change ? primary : alternate;
    }
  }

  /** A reply, which of our endpoints sends it, and where to. */
  public record Reply(StunMessage message, InetSocketAddress from, InetSocketAddress to) {}

  private static final int IPV4_AND_UDP = 28;
  private static final int IPV6_AND_UDP = 48;

  private StunServer() {}

  /**
   * Answers a message.
   *
   * @param request what came, any class
   * @param requestLength its length as it came, in bytes
   * @param receivedOn our endpoint that it came to
   * @param receivedFrom the source, as we see it
   * @param alternates our four endpoints, if we have them; {@code receivedOn} is one of them
   * @return the reply, or nothing if the message deserves none or none is small enough
   */
  public static Optional<Reply> answer(
      StunMessage request,
      int requestLength,
      Transport transport,
      InetSocketAddress receivedOn,
      InetSocketAddress receivedFrom,
      Optional<Alternates> alternates) {
    if (request.kind() != StunClass.REQUEST || request.method() != StunMessage.BINDING) {
      return Optional.empty();
    }
    boolean ipv6 = receivedFrom.getAddress() instanceof Inet6Address;
    int overhead = ipv6 ? IPV6_AND_UDP : IPV4_AND_UDP;
    int limit = 2 * (requestLength + overhead) - overhead;
    List<Integer> unknown = notUnderstood(request, transport, alternates);
    if (!unknown.isEmpty()) {
      List<StunAttribute> why =
          List.of(new ErrorCode(420, "Unknown Attribute"), new UnknownAttributes(unknown));
      return reply(request, StunClass.ERROR, why, List.of(), limit)
          .map(message -> new Reply(message, receivedOn, receivedFrom));
    }
    ChangeRequest change =
        request.first(ChangeRequest.class).orElse(new ChangeRequest(false, false));
    InetSocketAddress from =
        alternates
            .map(four -> four.from(receivedOn, change.changeIp(), change.changePort()))
            .orElse(receivedOn);
    InetSocketAddress to =
        request
            .first(ResponsePort.class)
            .map(port -> new InetSocketAddress(receivedFrom.getAddress(), port.port()))
            .orElse(receivedFrom);
    List<StunAttribute> extras = new ArrayList<>();
    alternates.ifPresent(four -> extras.add(new OtherAddress(four.from(receivedOn, true, true))));
    extras.add(new ResponseOrigin(from));
    List<StunAttribute> needed = List.of(new XorMappedAddress(receivedFrom));
    return reply(request, StunClass.SUCCESS, needed, extras, limit)
        .map(message -> new Reply(message, from, to));
  }

  /** RFC 5780 §6.1: what we cannot do for this request is as good as unknown. */
  private static List<Integer> notUnderstood(
      StunMessage request, Transport transport, Optional<Alternates> alternates) {
    List<Integer> unknown = new ArrayList<>(request.unknownRequired());
    for (StunAttribute attribute : request.attributes()) {
      boolean change = attribute instanceof ChangeRequest;
      boolean port = attribute instanceof ResponsePort;
      boolean wrongTransport = (change || port) && transport == Transport.TCP;
      if (wrongTransport || (change && alternates.isEmpty())) {
        unknown.add(attribute.type());
      }
    }
    return unknown;
  }

  /** The needed attributes, then of the extras, in order, those that fit. */
  private static Optional<StunMessage> reply(
      StunMessage request,
      StunClass kind,
      List<StunAttribute> needed,
      List<StunAttribute> extras,
      int limit) {
    byte[] id = request.transactionId().bytes();
    List<StunAttribute> chosen = new ArrayList<>(needed);
    boolean fingerprint = request.has(Fingerprint.class);
    int size = StunCodec.HEADER + (fingerprint ? 8 : 0);
    for (StunAttribute attribute : needed) {
      size += encodedLength(attribute, id);
    }
    if (size > limit) {
      return Optional.empty();
    }
    for (StunAttribute attribute : extras) {
      int more = encodedLength(attribute, id);
      if (size + more <= limit) {
        size += more;
        chosen.add(attribute);
      }
    }
    if (fingerprint) {
      chosen.add(new Fingerprint());
    }
    return Optional.of(request.response(kind, chosen));
  }

  private static int encodedLength(StunAttribute attribute, byte[] id) {
    return 4 + StunCodec.padded(AttributeCodec.value(attribute, id).length);
  }
}
