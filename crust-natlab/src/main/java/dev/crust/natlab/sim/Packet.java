package dev.crust.natlab.sim;

import java.net.Inet4Address;
import java.net.InetSocketAddress;

/**
 * An IP packet.
 *
 * @param source where it comes from; an ICMP error has port 0
 * @param destination where it goes
 * @param ttl how many routers it may pass
 * @param payload what it carries
 */
// Packets are never compared, and never changed once sent.
@SuppressWarnings("ArrayRecordComponent")
record Packet(InetSocketAddress source, InetSocketAddress destination, int ttl, Payload payload) {
  /** Linux's time to live. */
  static final int TTL = 64;

  sealed interface Payload {}

  record Udp(byte[] data) implements Payload {}

  /** A TCP segment; sequence numbers are modulo 2^32. */
  record Tcp(int flags, int sequence, int acknowledgement, byte[] data) implements Payload {
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int ACK = 16;

    boolean syn() {
      return (flags & SYN) != 0;
    }

    boolean ack() {
      return (flags & ACK) != 0;
    }

    boolean rst() {
      return (flags & RST) != 0;
    }

    boolean fin() {
      return (flags & FIN) != 0;
    }

    /** How far it moves the sequence. */
    int length() {
      return data.length + (syn() ? 1 : 0) + (fin() ? 1 : 0);
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      text.append(syn() ? "S" : "").append(fin() ? "F" : "").append(rst() ? "R" : "");
      text.append(ack() ? "." : "");
      text.append(" seq ").append(Integer.toUnsignedString(sequence));
      if (ack()) {
        text.append(" ack ").append(Integer.toUnsignedString(acknowledgement));
      }
      return text.append(" len ").append(data.length).toString();
    }
  }

  enum IcmpKind {
    PORT_UNREACHABLE,
    TIME_EXCEEDED,
    TOO_BIG
  }

  /** An ICMP error and the packet that it is about, as its sender saw it. */
  record Icmp(IcmpKind kind, int mtu, Packet about) implements Payload {}

  static Packet of(InetSocketAddress source, InetSocketAddress destination, Payload payload) {
    return new Packet(source, destination, TTL, payload);
  }

  /** An error about this packet, sent back by a node of this address. */
  Packet error(InetSocketAddress from, IcmpKind kind, int mtu) {
    return of(from, source, new Icmp(kind, mtu, this));
  }

  /** The RST that a TCP without this connection answers with (RFC 9293 §3.5.2). */
  Packet reset() {
    Tcp tcp = (Tcp) payload;
    Tcp answer =
        tcp.ack()
            ? new Tcp(Tcp.RST, tcp.acknowledgement(), 0, new byte[0])
            : new Tcp(Tcp.RST | Tcp.ACK, 0, tcp.sequence() + tcp.length(), new byte[0]);
    return of(/* source= */ destination, /* destination= */ source, answer);
  }

  Packet withSource(InetSocketAddress address) {
    return new Packet(address, destination, ttl, payload);
  }

  Packet withDestination(InetSocketAddress address) {
    return new Packet(source, address, ttl, payload);
  }

  Packet withPayload(Payload other) {
    return new Packet(source, destination, ttl, other);
  }

  Packet withTtl(int hops) {
    return new Packet(source, destination, hops, payload);
  }

  boolean ipv4() {
    return destination.getAddress() instanceof Inet4Address;
  }

  boolean tcp() {
    return payload instanceof Tcp;
  }

  boolean udp() {
    return payload instanceof Udp;
  }

  Protocol protocol() {
    return tcp() ? Protocol.TCP : Protocol.UDP;
  }

  /** Bytes on the wire, IP header included. */
  int size() {
    int ip = ipv4() ? 20 : 40;
    if (payload instanceof Udp udp) {
      return ip + 8 + udp.data().length;
    } else if (payload instanceof Tcp tcp) {
      return ip + 20 + tcp.data().length;
    }
    return ip + 36;
  }

  @Override
  public String toString() {
    String ends = text(source) + ">" + text(destination) + " ";
    if (payload instanceof Udp udp) {
      return "udp " + ends + "len " + udp.data().length;
    } else if (payload instanceof Icmp icmp) {
      return "icmp " + ends + icmp.kind() + " about [" + icmp.about() + "]";
    }
    return "tcp " + ends + payload;
  }

  static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }
}
