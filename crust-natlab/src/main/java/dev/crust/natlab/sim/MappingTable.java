package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.Mapping;
import dev.crust.natlab.scenario.Nat;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The mappings of a NAT that outlive single flows: from an inside endpoint, and with an
 * address-dependent NAT a remote address, to an outside port.
 */
final class MappingTable {
  private record Key(Protocol protocol, InetSocketAddress inside, Optional<InetAddress> remote) {}

  private record Port(Protocol protocol, int number) {}

  /** One mapping. */
  static final class Entry {
    final InetSocketAddress inside;
    final int port;
    private final Map<InetAddress, Long> contacted = new HashMap<>();
    private long expiry;

    private Entry(InetSocketAddress inside, int port) {
      this.inside = inside;
      this.port = port;
    }

    /** Whether the mapped port has sent to an address lately. */
    boolean contacted(InetAddress address, long now) {
      return contacted.getOrDefault(address, Long.MIN_VALUE) > now;
    }
  }

  /** RFC 5382 §5: not less than 2 h 4 min. */
  private static final Duration TCP_LIFETIME = Duration.ofMinutes(124);

  private final Nat nat;
  private final Map<Key, Entry> byInside = new HashMap<>();
  private final Map<Port, Entry> byPort = new HashMap<>();

  MappingTable(Nat nat) {
    this.nat = nat;
  }

  Optional<Entry> find(
      Protocol protocol, InetSocketAddress inside, InetSocketAddress remote, long now) {
    return alive(Optional.ofNullable(byInside.get(key(protocol, inside, remote))), now);
  }

  Optional<Entry> at(Protocol protocol, int port, long now) {
    return alive(Optional.ofNullable(byPort.get(new Port(protocol, port))), now);
  }

  /** A packet went out this way: the mapping is made, or lives on. */
  void used(
      Protocol protocol, InetSocketAddress inside, int port, InetSocketAddress remote, long now) {
    if (nat.type().mapping() == Mapping.ADDRESS_AND_PORT_DEPENDENT
        || nat.type().mapping() == Mapping.NONE) {
      return;
    }
    Key key = key(protocol, inside, remote);
    Entry entry = byInside.get(key);
    if (entry == null || entry.port != port || entry.expiry <= now) {
      entry = new Entry(inside, port);
      byInside.put(key, entry);
      byPort.put(new Port(protocol, port), entry);
    }
    Duration life = protocol == Protocol.TCP ? TCP_LIFETIME : nat.udpLifetime().proven();
    entry.expiry = now + life.toNanos();
    entry.contacted.put(remote.getAddress(), entry.expiry);
  }

  void clear() {
    byInside.clear();
    byPort.clear();
  }

  private Key key(Protocol protocol, InetSocketAddress inside, InetSocketAddress remote) {
    boolean dependent = nat.type().mapping() == Mapping.ADDRESS_DEPENDENT;
    Optional<InetAddress> address = dependent ? Optional.of(remote.getAddress()) : Optional.empty();
    return new Key(protocol, inside, address);
  }

  private static Optional<Entry> alive(Optional<Entry> entry, long now) {
    return entry.filter(each -> each.expiry > now);
  }
}
