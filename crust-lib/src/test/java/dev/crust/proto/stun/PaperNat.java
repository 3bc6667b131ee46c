package dev.crust.proto.stun;

import dev.crust.proto.stun.StunServer.Alternates;
import dev.crust.proto.stun.StunServer.Transport;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/** A NAT and a STUN server behind it, on paper: no time, no loss, answers at once. */
final class PaperNat {
  static final Alternates SERVER =
      new Alternates(
          new InetSocketAddress("198.51.100.1", 3478), new InetSocketAddress("203.0.113.1", 3479));

  private static final String OUTSIDE = "192.0.2.1";

  private final Mapping mapping;
  private final Filtering filtering;
  private final IntUnaryOperator ports;
  private final Map<List<Object>, Integer> outside = new HashMap<>();
  private final Map<Integer, Integer> inside = new HashMap<>();
  private final Set<List<Object>> open = new HashSet<>();

  /** Ports: the outside port by the inside one. */
  PaperNat(Mapping mapping, Filtering filtering, IntUnaryOperator ports) {
    this.mapping = mapping;
    this.filtering = filtering;
    this.ports = ports;
  }

  /** What comes back in, and to which inside port. */
  record Arrival(int port, InetSocketAddress from, StunMessage message) {}

  Optional<Arrival> exchange(InetSocketAddress local, InetSocketAddress to, StunMessage request) {
    if (to.getAddress().getHostAddress().equals(OUTSIDE)) {
      return Optional.empty();
    }
    InetSocketAddress source = translate(local, to);
    int length = StunCodec.encode(request).length;
    return StunServer.answer(request, length, Transport.UDP, to, source, Optional.of(SERVER))
        .filter(reply -> letsIn(reply.to().getPort(), reply.from()))
        .map(
            reply ->
                new Arrival(
                    inside.getOrDefault(reply.to().getPort(), local.getPort()),
                    reply.from(),
                    reply.message()));
  }

  private InetSocketAddress translate(InetSocketAddress local, InetSocketAddress to) {
    if (mapping == Mapping.NONE) {
      allow(local.getPort(), to);
      return local;
    }
    Object address = to.getAddress();
    List<Object> key =
        switch (mapping) {
          case ADDRESS_DEPENDENT -> List.of(local, address);
          case ADDRESS_AND_PORT_DEPENDENT -> List.of(local, to);
          default -> List.of(local);
        };
    int port = outside.computeIfAbsent(key, k -> ports.applyAsInt(local.getPort()));
    inside.put(port, local.getPort());
    allow(port, to);
    return new InetSocketAddress(OUTSIDE, port);
  }

  private void allow(int port, InetSocketAddress to) {
    open.add(List.of(port, to));
    open.add(List.of(port, to.getAddress()));
  }

  private boolean letsIn(int port, InetSocketAddress from) {
    return switch (filtering) {
      case ENDPOINT_INDEPENDENT -> true;
      case ADDRESS_DEPENDENT -> open.contains(List.of(port, from.getAddress()));
      default -> open.contains(List.of(port, from));
    };
  }
}
