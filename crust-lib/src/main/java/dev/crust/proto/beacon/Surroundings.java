package dev.crust.proto.beacon;

import dev.crust.Candidate;
import dev.crust.proto.beacon.LanInterface.Assigned;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * This host as the beacon sees it: the links that it uses and all addresses that are this host's.
 *
 * <p>Only interfaces that carry an address on which the endpoint listens are used, so one that
 * listens on 127.0.0.1 alone is silent on every network. Point-to-point interfaces are no LANs:
 * tunnels seldom carry multicast, and each would cost a warning.
 *
 * @param links at most {@value #MAX_INTERFACES} interfaces with {@value #MAX_ADDRESSES} addresses
 *     of each family
 * @param candidates where the endpoint listens
 */
public record Surroundings(List<Link> links, List<InetAddress> ours, List<Candidate> candidates) {
  /** The UDP port of all beacons. */
  public static final int PORT = 5484;

  /** The IPv4 group, in the scope of RFC 2365 §6.1. */
  public static final InetAddress GROUP4 = address(239, 255, 84, 84);

  /** The IPv6 group, ff12::5484: link-local and not assigned by IANA (RFC 4291 §2.7). */
  public static final InetAddress GROUP6 =
      address(0xff, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x54, 0x84);

  // Linux lets a socket join 20 groups (net.ipv4.igmp_max_memberships).
  static final int MAX_INTERFACES = 16;
  static final int MAX_ADDRESSES = 4;

  /** Copies the lists. */
  public Surroundings {
    links = List.copyOf(links);
    ours = List.copyOf(ours);
    candidates = List.copyOf(candidates);
  }

  /** Chooses the links of an endpoint with these candidates among these interfaces. */
  public static Surroundings of(List<LanInterface> interfaces, List<Candidate> candidates) {
    List<InetAddress> ours = new ArrayList<>();
    for (LanInterface each : interfaces) {
      each.addresses().forEach(assigned -> ours.add(assigned.ip()));
    }
    List<Link> links =
        interfaces.stream()
            .filter(each -> !each.pointToPoint() && carriesOneOf(each, candidates))
            .sorted(Comparator.comparingInt(LanInterface::index))
            .limit(MAX_INTERFACES)
            .flatMap(each -> linksOf(each, candidates).stream())
            .toList();
    return new Surroundings(links, ours, candidates);
  }

  /** Whether an address is this host's. */
  boolean isOurs(InetAddress ip) {
    return ip.isLoopbackAddress() || ours.stream().anyMatch(our -> same(our, ip));
  }

  /** The link on which an answer to this source leaves; none if no subnet of ours holds it. */
  Optional<Link> linkTowards(InetAddress source) {
    return links.stream()
        .filter(link -> same(link.address(), source))
        .findFirst()
        .or(() -> links.stream().filter(link -> link.reaches(source)).findFirst());
  }

  /**
   * Equal, also in the zone where both have one: the same link-local address may be on two
   * interfaces.
   */
  static boolean same(InetAddress one, InetAddress other) {
    return one.equals(other)
        && (!one.isLinkLocalAddress()
            || !(one instanceof Inet6Address a && other instanceof Inet6Address b)
            || a.getScopeId() == 0
            || b.getScopeId() == 0
            || a.getScopeId() == b.getScopeId());
  }

  private static boolean carriesOneOf(LanInterface each, List<Candidate> candidates) {
    return each.addresses().stream().anyMatch(assigned -> listensOn(assigned, candidates));
  }

  /** The whole of 127.0.0.0/8 is on the loopback interface, though one address is assigned. */
  private static boolean listensOn(Assigned assigned, List<Candidate> candidates) {
    return candidates.stream()
        .map(candidate -> candidate.address().getAddress())
        .anyMatch(
            ip ->
                same(assigned.ip(), ip)
                    || (assigned.ip().isLoopbackAddress() && ip.isLoopbackAddress()));
  }

  private static List<Link> linksOf(LanInterface each, List<Candidate> candidates) {
    // Where nobody can reach us we may still ask, but what is useful comes first.
    List<Assigned> usefulFirst =
        each.addresses().stream()
            .sorted(Comparator.comparing(assigned -> listensOn(assigned, candidates) ? 0 : 1))
            .toList();
    List<Link> links = new ArrayList<>();
    for (Class<?> family : List.of(Inet4Address.class, Inet6Address.class)) {
      usefulFirst.stream()
          .filter(assigned -> family.isInstance(assigned.ip()))
          .map(assigned -> link(each, assigned))
          .filter(link -> !link.targets().isEmpty())
          .limit(MAX_ADDRESSES)
          .forEach(links::add);
    }
    return links;
  }

  private static Link link(LanInterface each, Assigned assigned) {
    List<InetAddress> targets = new ArrayList<>();
    if (each.multicast()) {
      targets.add(assigned.ip() instanceof Inet6Address ? GROUP6 : GROUP4);
    }
    if (assigned.ip() instanceof Inet4Address ip && assigned.prefix() <= 30) {
      targets.add(broadcast(ip, assigned.prefix()));
    }
    return new Link(each.name(), each.index(), assigned.ip(), assigned.prefix(), targets);
  }

  /** RFC 919 §7. What the system has configured is often nothing, or the address itself. */
  private static InetAddress broadcast(Inet4Address ip, int prefix) {
    byte[] bytes = ip.getAddress();
    int[] all = new int[4];
    for (int i = 0; i < 4; i++) {
      int network = Math.max(0, Math.min(8, prefix - 8 * i));
      all[i] = (bytes[i] & 0xff) | (0xff >> network);
    }
    return address(all);
  }

  private static InetAddress address(int... bytes) {
    byte[] address = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      address[i] = (byte) bytes[i];
    }
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("4 and 16 bytes are addresses", e);
    }
  }
}
