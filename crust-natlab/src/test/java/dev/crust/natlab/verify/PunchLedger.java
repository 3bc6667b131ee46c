package dev.crust.natlab.verify;

import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What one host has sent in order to punch, booked by whoever sends it, beside what the machines
 * say of themselves.
 */
final class PunchLedger {
  private record Flow(Protocol protocol, InetSocketAddress remote) {}

  private final Set<Flow> flows = new HashSet<>();
  private final Map<InetAddress, Integer> unanswered = new HashMap<>();
  private final Set<InetAddress> answered = new HashSet<>();
  private final Map<Protocol, Integer> packets = new EnumMap<>(Protocol.class);
  private int mostUnanswered;

  /** A packet, or by TCP a SYN. */
  void sent(Protocol protocol, InetSocketAddress remote) {
    packets.merge(protocol, 1, Integer::sum);
    flows.add(new Flow(protocol, remote));
    if (!answered.contains(remote.getAddress())) {
      int now = unanswered.merge(remote.getAddress(), 1, Integer::sum);
      mostUnanswered = Math.max(mostUnanswered, now);
    }
  }

  /** Somebody refused, which the budget gives back. */
  void refused(InetSocketAddress remote) {
    unanswered.computeIfPresent(remote.getAddress(), (ip, count) -> count - 1);
  }

  /** The peer answered. */
  void answered(InetSocketAddress remote) {
    answered.add(remote.getAddress());
  }

  int packets(Protocol protocol) {
    return packets.getOrDefault(protocol, 0);
  }

  /** How many entries of a router's table that may have taken. */
  int flows() {
    return flows.size();
  }

  /** The most that any address was sent without an answer. */
  int mostUnanswered() {
    return mostUnanswered;
  }
}
