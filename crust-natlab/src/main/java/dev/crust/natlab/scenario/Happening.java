package dev.crust.natlab.scenario;

import java.util.OptionalInt;

/**
 * A change to a running scenario. Its text form is {@code NODE VERB ...}, as {@link
 * Scenario#parseHappening} reads it.
 */
public sealed interface Happening {
  /** The node that it happens to: a public host, home, carrier, or (up and down) a LAN host. */
  String node();

  /**
   * The line goes silent. On a public host, home or carrier packets vanish and nobody is told; a
   * LAN host sees its cable unplugged. Where a home and its host share a name, the home is meant.
   */
  record LinkDown(String node) implements Happening {}

  /** The line carries packets again. */
  record LinkUp(String node) implements Happening {}

  /** The router forgets all mappings, filters and port requests; its line stays up. */
  record Reboot(String node) implements Happening {}

  /** The router gets the next outside IPv4 address, and forgets its mappings. */
  record NewAddress(String node) implements Happening {}

  /** The router behaves otherwise from now on; it forgets its mappings. */
  record ChangeNat(String node, Nat nat) implements Happening {}

  /** The line changes. Packets under way keep their time. The MTU stays as it was. */
  record ChangeLink(String node, Link link) implements Happening {}

  /**
   * The router drops a transport from now on, both ways, running connections too.
   *
   * @param node the router
   * @param transport what is dropped
   * @param port only packets to this remote port going out, or from it coming in
   */
  record Block(String node, Transport transport, OptionalInt port) implements Happening {
    public Block {
      if (port.isPresent() && transport == Transport.ALL) {
        throw new IllegalArgumentException("a port is blocked for 'udp' or 'tcp', not for 'all'");
      }
    }
  }

  /** The router drops no more than its type says. */
  record Unblock(String node) implements Happening {}
}
