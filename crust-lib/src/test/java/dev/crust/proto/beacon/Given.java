package dev.crust.proto.beacon;

import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.proto.beacon.LanInterface.Assigned;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What the tests of this package have in common. */
final class Given {
  private Given() {}

  /** A literal, with a numeric zone if need be. */
  static InetAddress ip(String literal) {
    try {
      int zone = literal.indexOf('%');
      return zone < 0
          ? InetAddress.getByName(literal)
          : Inet6Address.getByAddress(
              null,
              InetAddress.getByName(literal.substring(0, zone)).getAddress(),
              Integer.parseInt(literal.substring(zone + 1)));
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  static Candidate tcp(String ip, int port) {
    return new Candidate(Transport.TCP, new InetSocketAddress(ip(ip), port));
  }

  static PeerId peer(int number) {
    byte[] key = new byte[PeerId.LENGTH];
    key[0] = (byte) number;
    key[31] = (byte) number;
    return PeerId.of(key);
  }

  static LanInterface loopback() {
    return nif("lo", 1, false, "127.0.0.1/8", "::1%1/128");
  }

  /** An interface that carries multicast. */
  static LanInterface ethernet(String name, int index, String... addresses) {
    return nif(name, index, true, addresses);
  }

  private static LanInterface nif(String name, int index, boolean multicast, String... addresses) {
    List<Assigned> assigned = new ArrayList<>();
    for (String address : addresses) {
      String[] parts = address.split("/", -1);
      assigned.add(new Assigned(ip(parts[0]), Integer.parseInt(parts[1])));
    }
    return new LanInterface(name, index, multicast, false, assigned);
  }

  /** A host with a loopback interface and eth0, that listens everywhere on a port. */
  static Surroundings host(int port, String... addresses) {
    LanInterface eth0 = ethernet("eth0", 2, addresses);
    List<Candidate> candidates = new ArrayList<>();
    for (LanInterface each : List.of(eth0, loopback())) {
      each.addresses()
          .forEach(
              assigned ->
                  candidates.add(
                      new Candidate(Transport.TCP, new InetSocketAddress(assigned.ip(), port))));
    }
    return Surroundings.of(List.of(loopback(), eth0), candidates);
  }

  /** The link of an address. */
  static Link link(Surroundings host, String address) {
    return host.links().stream()
        .filter(link -> Surroundings.same(link.address(), ip(address)))
        .findFirst()
        .orElseThrow();
  }

  /** Random numbers that a seed repeats. */
  static SecureRandom seeded(long seed) {
    return new Repeatable(seed);
  }

  /** Secure in name alone. */
  private static final class Repeatable extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final Random random;

    Repeatable(long seed) {
      random = new Random(seed);
    }

    @Override
    public void nextBytes(byte[] bytes) {
      random.nextBytes(bytes);
    }
  }
}
