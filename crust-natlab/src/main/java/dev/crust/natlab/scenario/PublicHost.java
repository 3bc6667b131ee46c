package dev.crust.natlab.scenario;

import java.util.EnumSet;
import java.util.Set;

/**
 * A host on the open Internet with two IPv4 addresses.
 *
 * @param name its name
 * @param servers what the lab runs on it
 * @param ipv6 whether it has IPv6
 * @param link its line
 */
public record PublicHost(String name, Set<Server> servers, boolean ipv6, Link link)
    implements Element {

  public PublicHost {
    Names.require(name);
    servers = Set.copyOf(servers);
  }

  /** This, with a server on it. */
  public PublicHost running(Server server) {
    EnumSet<Server> all = EnumSet.of(server);
    all.addAll(servers);
    return new PublicHost(name, all, ipv6, link);
  }

  /** This, with IPv6. */
  public PublicHost withIpv6() {
    return new PublicHost(name, servers, true, link);
  }

  /** This, on another line. */
  public PublicHost withLink(Link line) {
    return new PublicHost(name, servers, ipv6, line);
  }
}
