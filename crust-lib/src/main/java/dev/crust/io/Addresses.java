package dev.crust.io;

import dev.crust.proto.dial.CandidateRank;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The IP addresses of this host, most useful first. Runs on whatever thread calls it; thread-safe.
 */
public final class Addresses {
  private Addresses() {}

  /**
   * An address of this host at which a listener can be reached.
   *
   * @param address resolved, with the listener's port
   * @param network what kind of network it is on
   */
  public record Reachable(InetSocketAddress address, CandidateRank.Network network) {}

  /**
   * The addresses under which a listener can be reached.
   *
   * @param bound where it listens; a wildcard stands for every address of the host, {@code [::]}
   *     also for those of IPv4
   * @return them: those of the public network first, then of private ones, link-local and loopback
   *     last, and those of container and VPN interfaces after the others of their kind
   * @throws SocketException if the interfaces cannot be listed
   */
  public static List<Reachable> reachableAt(InetSocketAddress bound) throws SocketException {
    if (!bound.getAddress().isAnyLocalAddress()) {
      NetworkInterface nif = NetworkInterface.getByInetAddress(bound.getAddress());
      return List.of(
          new Reachable(bound, network(bound.getAddress(), nif != null && virtual(nif.getName()))));
    }
    boolean both = bound.getAddress() instanceof Inet6Address;
    record Ranked(InetAddress address, CandidateRank.Network network, int rank) {}
    List<Ranked> found = new ArrayList<>();
    for (NetworkInterface nif : Collections.list(NetworkInterface.getNetworkInterfaces())) {
      if (nif.isUp()) {
        for (InetAddress address : Collections.list(nif.getInetAddresses())) {
          if (both || !(address instanceof Inet6Address)) {
            boolean virtual = virtual(nif.getName());
            found.add(
                new Ranked(unscoped(address), network(address, virtual), rank(address, virtual)));
          }
        }
      }
    }
    return found.stream()
        .sorted(Comparator.comparingInt(Ranked::rank))
        .map(
            ranked ->
                new Reachable(
                    new InetSocketAddress(ranked.address, bound.getPort()), ranked.network))
        .toList();
  }

  /**
   * Whether an address is of a network that this host is on, so that no router stands before it.
   * False also if the interfaces cannot be listed.
   */
  public static boolean isNeighbour(InetAddress address) {
    try (Stream<NetworkInterface> all = NetworkInterface.networkInterfaces()) {
      return all.flatMap(nif -> nif.getInterfaceAddresses().stream())
          .anyMatch(each -> sharePrefix(each.getAddress(), address, each.getNetworkPrefixLength()));
    } catch (SocketException e) {
      return false;
    }
  }

  private static boolean sharePrefix(InetAddress one, InetAddress other, int bits) {
    byte[] ones = one.getAddress();
    byte[] others = other.getAddress();
    int whole = bits / 8;
    int rest = bits % 8;
    return ones.length == others.length
        && Arrays.equals(ones, 0, whole, others, 0, whole)
        && (rest == 0 || (ones[whole] ^ others[whole]) >> (8 - rest) == 0);
  }

  /** The address of this host from which the kernel would send to that one, if any leads there. */
  static Optional<InetAddress> source(InetSocketAddress remote) {
    try (DatagramSocket probe = new DatagramSocket()) {
      // Sends nothing: it asks the routing table.
      probe.connect(remote);
      return Optional.of(plain(probe.getLocalSocketAddress()).getAddress());
    } catch (SocketException | UncheckedIOException unreachable) {
      return Optional.empty();
    }
  }

  private static CandidateRank.Network network(InetAddress address, boolean virtual) {
    if (address.isLoopbackAddress()) {
      return CandidateRank.Network.LOOPBACK;
    } else if (address.isLinkLocalAddress()) {
      return CandidateRank.Network.LINK_LOCAL;
    }
    return virtual ? CandidateRank.Network.VIRTUAL : CandidateRank.Network.ORDINARY;
  }

  /** A zone means something for link-local addresses alone (RFC 4007 §6). */
  private static InetAddress unscoped(InetAddress address) {
    return address.isLinkLocalAddress() ? address : byAddress(address.getAddress());
  }

  private static int rank(InetAddress address, boolean virtual) {
    int kind;
    if (address.isLoopbackAddress()) {
      kind = 3;
    } else if (address.isLinkLocalAddress()) {
      kind = 2;
    } else if (!isPublic(address)) {
      kind = 1;
    } else {
      kind = 0;
    }
    int inside = virtual ? 2 : 0;
    return kind * 4 + inside + (address instanceof Inet6Address ? 1 : 0);
  }

  /** Whether an address is of the public network, as far as its number tells. */
  static boolean isPublic(InetAddress address) {
    return !address.isLoopbackAddress()
        && !address.isLinkLocalAddress()
        && !address.isSiteLocalAddress()
        && !isUniqueLocal(address)
        && !isShared(address);
  }

  /** A carrier's own (RFC 6598): 100.64.0.0/10. */
  private static boolean isShared(InetAddress address) {
    byte[] bytes = address.getAddress();
    return bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
  }

  private static boolean isUniqueLocal(InetAddress address) {
    return address instanceof Inet6Address && (address.getAddress()[0] & 0xfe) == 0xfc;
  }

  private static boolean virtual(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return List.of("docker", "br-", "veth", "virbr", "tun", "tap", "wg", "tailscale", "zt").stream()
        .anyMatch(lower::startsWith);
  }

  /** The same address, IPv4 in IPv6 clothes undressed. */
  static InetSocketAddress plain(@Nullable SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet)) {
      throw new IllegalStateException("an IP socket has no IP address: " + address);
    }
    byte[] bytes = inet.getAddress().getAddress();
    if (bytes.length != 16 || !mapped(bytes)) {
      return inet;
    }
    byte[] v4 = {bytes[12], bytes[13], bytes[14], bytes[15]};
    return new InetSocketAddress(byAddress(v4), inet.getPort());
  }

  private static InetAddress byAddress(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean mapped(byte[] bytes) {
    for (int i = 0; i < 10; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return bytes[10] == -1 && bytes[11] == -1;
  }
}
