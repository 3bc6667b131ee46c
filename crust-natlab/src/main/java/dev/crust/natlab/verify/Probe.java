package dev.crust.natlab.verify;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;

/** What NAT is in front of the calling thread's host, seen from real sockets. Thread-safe. */
public final class Probe {
  private Probe() {}

  /**
   * Asks a server of two addresses (RFC 5780) by UDP and TCP; takes up to 20 seconds.
   *
   * @param local the address to speak from
   * @return words by property: mapping, filtering, ports, tcp mapping, tcp ports, hairpin
   */
  public static Map<String, String> of(InetAddress local, InetSocketAddress server)
      throws IOException {
    SocketProbe probe = new SocketProbe(local, server);
    return FactsOf.facts(probe.udp(), probe.tcp(), NatFacts.NOTHING, NatFacts.NOTHING).words(false);
  }
}
