package dev.crust.proto.punch;

import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A kind of ground on which two sides may meet; it says which candidates are worth a packet. */
public enum Reach {
  /** One network behind one outside address: the private addresses of the other side. */
  LAN,
  /** Global IPv6 addresses: firewalls, but no translation. */
  IPV6,
  /** The public IPv4 Internet. */
  IPV4;

  /** RFC 6598: between a carrier's NAT and its homes. */
  private static boolean isShared(byte[] ip) {
    return ip.length == 4 && ip[0] == 100 && (ip[1] & 0xc0) == 64;
  }

  private static Reach of(TraversalCandidate candidate) {
    InetAddress ip = candidate.address().getAddress();
    byte[] bytes = ip.getAddress();
    if (ip instanceof Inet6Address) {
      return (bytes[0] & 0xe0) == 0x20 ? IPV6 : LAN;
    }
    boolean local = ip.isLoopbackAddress() || ip.isLinkLocalAddress() || ip.isSiteLocalAddress();
    return local || isShared(bytes) ? LAN : IPV4;
  }

  /**
   * Whether both sides have the same outside address, by whatever protocol it was seen; if neither
   * knows its own, whether they have addresses of one subnet.
   */
  static boolean sameNetwork(Situation one, Situation other) {
    List<InetAddress> outside = outside(one);
    if (outside.isEmpty() && outside(other).isEmpty()) {
      List<ByteBuffer> subnets = subnets(one);
      return subnets(other).stream().anyMatch(subnets::contains);
    }
    return outside(other).stream().anyMatch(outside::contains);
  }

  /** By the commonest prefixes, /24 and /64: the true ones are not told. */
  private static List<ByteBuffer> subnets(Situation situation) {
    return situation.candidates().stream()
        .filter(each -> each.kind() == Kind.HOST)
        .map(each -> each.address().getAddress().getAddress())
        .map(ip -> ByteBuffer.wrap(ip, 0, ip.length == 4 ? 3 : 8))
        .toList();
  }

  private static List<InetAddress> outside(Situation situation) {
    return situation.candidates().stream()
        .filter(each -> each.kind() == Kind.SERVER_REFLEXIVE)
        .map(each -> each.address().getAddress())
        .toList();
  }

  /** Whether a side has an address of this reach for a protocol. */
  boolean has(Situation situation, Protocol protocol) {
    return situation.candidates(protocol).stream().anyMatch(each -> of(each) == this);
  }

  /**
   * The peer's candidates that are worth a packet on these grounds, best first: those of one kind
   * in the order told, each address once. Loopback is for those on one host only.
   */
  public static List<TraversalCandidate> targets(
      Situation self, Situation peer, Protocol protocol, Set<Reach> reaches) {
    boolean onLoopback =
        self.candidates(protocol).stream()
            .anyMatch(each -> each.address().getAddress().isLoopbackAddress());
    Map<Object, TraversalCandidate> targets = new LinkedHashMap<>();
    peer.candidates(protocol).stream()
        .filter(each -> reaches.contains(of(each)) || onLan(each, reaches))
        .filter(each -> onLoopback || !each.address().getAddress().isLoopbackAddress())
        .sorted((a, b) -> a.kind().compareTo(b.kind()))
        .forEach(each -> targets.putIfAbsent(each.address(), each));
    return List.copyOf(targets.values());
  }

  /** A LAN may have public addresses. */
  private static boolean onLan(TraversalCandidate candidate, Set<Reach> reaches) {
    return candidate.kind() == Kind.HOST && reaches.contains(LAN);
  }
}
