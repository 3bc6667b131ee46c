package dev.crust.natlab.scenario;

import java.util.List;
import java.util.Optional;

/**
 * A router with a LAN behind it.
 *
 * @param name its name, also that of its router
 * @param nat what the router does
 * @param hosts the names of the hosts on the LAN; one of them may be the home's own name
 * @param carrier the carrier that it sits behind, if any
 * @param ipv6 whether it has IPv6
 * @param link its line to the Internet or the carrier; the LAN itself has no delay
 */
public record Home(
    String name, Nat nat, List<String> hosts, Optional<String> carrier, boolean ipv6, Link link)
    implements Element {

  public Home {
    Names.require(name);
    hosts = List.copyOf(hosts);
    hosts.forEach(Names::require);
  }

  /** This, with these hosts on the LAN, no longer one of the home's name. */
  public Home withHosts(String... names) {
    return new Home(name, nat, List.of(names), carrier, ipv6, link);
  }

  /** This, behind a carrier. */
  public Home behind(String name) {
    return new Home(this.name, nat, hosts, Optional.of(name), ipv6, link);
  }

  /** This, with IPv6. */
  public Home withIpv6() {
    return new Home(name, nat, hosts, carrier, true, link);
  }

  /** This, on another line. */
  public Home withLink(Link line) {
    return new Home(name, nat, hosts, carrier, ipv6, line);
  }
}
