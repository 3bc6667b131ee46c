package dev.crust.io.beacon;

import dev.crust.spi.Discovery;

/**
 * Finds the peers of the same network on the same LAN, and on the same host, by UDP on port 5484:
 * IPv4 multicast and broadcast, IPv6 link-local multicast.
 *
 * <p>What it sends looks random and is sealed under the network's name. For a network with a name
 * that everybody knows, such as {@code public}, announcements are therefore readable by all on the
 * LAN; answers only ever by the one who asked. Stateless and thread-safe: each search has a thread
 * and sockets of its own.
 */
public final class Beacon implements Discovery {
  /** A beacon, as {@link java.util.ServiceLoader} needs it. */
  public Beacon() {}

  @Override
  public String name() {
    return "beacon";
  }

  @Override
  public Search start(Site site) {
    return BeaconSearch.start(site);
  }
}
