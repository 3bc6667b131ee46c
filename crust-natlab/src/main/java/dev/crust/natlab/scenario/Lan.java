package dev.crust.natlab.scenario;

import java.util.List;

/**
 * A network of its own without a way to the Internet.
 *
 * @param name its name
 * @param hosts its members: hosts declared elsewhere, who get a further interface here, or new
 *     names, of hosts that have no other network
 */
public record Lan(String name, List<String> hosts) implements Element {
  public Lan {
    Names.require(name);
    hosts = List.copyOf(hosts);
    hosts.forEach(Names::require);
  }
}
