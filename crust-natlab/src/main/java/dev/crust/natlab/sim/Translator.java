package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.Filtering;
import dev.crust.natlab.scenario.Mapping;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.PortAllocation;
import dev.crust.natlab.scenario.UdpLifetime;
import dev.crust.natlab.scenario.Unsolicited;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Mapping, filtering and port allocation of one router, for one address family: what passes, and as
 * what. It answers nothing itself. Time is nanoseconds since the start.
 */
final class Translator {
  /** What becomes of a packet. */
  sealed interface Verdict {
    /** It goes on its way, as this. */
    record Pass(Packet packet) implements Verdict {}

    /** It is turned round to the inside, as this (RFC 4787 §6). */
    record Turn(Packet packet) implements Verdict {}

    /** It is for nobody inside. */
    record Refuse(String why) implements Verdict {}

    /** From inside to the router itself, where nothing listens. */
    record Mine() implements Verdict {}

    /** It vanishes. */
    record Vanish(String why) implements Verdict {}
  }

  private static final int RANDOM_FROM = 1024;
  private static final int RANDOM_TO = 65_536;
  private static final int TRIES = 1_000;

  private final Nat nat;
  private final NatType type;
  private final boolean translates;
  private final boolean filters;
  private final InetAddress outside;
  private final RandomGenerator random;
  private final FlowTable flows = new FlowTable();
  private final MappingTable mappings;
  private long sequence;

  private Translator(
      Nat nat, boolean translates, boolean filters, InetAddress outside, RandomGenerator random) {
    this.nat = nat;
    this.type = nat.type();
    this.translates = translates;
    this.filters = filters;
    this.outside = outside;
    this.random = random;
    this.mappings = new MappingTable(nat);
  }

  /** For IPv4. */
  static Translator ipv4(Nat nat, InetAddress outside, RandomGenerator random) {
    boolean filters = nat.type().filtering() != Filtering.NONE;
    return new Translator(nat, nat.type().translates(), filters, outside, random);
  }

  /** For IPv6, which is filtered at most. */
  static Translator ipv6(Nat nat, InetAddress outside, RandomGenerator random) {
    boolean filters = nat.ipv6Firewall() && nat.type().filtering() != Filtering.NONE;
    return new Translator(nat, false, filters, outside, random);
  }

  /** Forgets all flows and mappings. */
  void forget() {
    flows.clear();
    mappings.clear();
  }

  /** The flows as text, one a line. */
  String text(long now) {
    return flows.text(now);
  }

  Verdict fromInside(Packet packet, long now) {
    if (packet.payload() instanceof Packet.Icmp icmp) {
      return errorFromInside(packet, icmp, now);
    } else if (!packet.destination().getAddress().equals(outside)) {
      return outward(packet, now);
    } else if (!nat.hairpin() || !translates) {
      return new Verdict.Mine();
    }
    Verdict out = outward(packet, now);
    if (!(out instanceof Verdict.Pass pass)) {
      return out;
    }
    Verdict in = inward(pass.packet(), false, now);
    return in instanceof Verdict.Pass turned
        ? new Verdict.Turn(turned.packet())
        : new Verdict.Mine();
  }

  Verdict fromOutside(Packet packet, long now) {
    return packet.payload() instanceof Packet.Icmp icmp
        ? errorFromOutside(packet, icmp, now)
        : inward(packet, true, now);
  }

  /** The router's own input has taken a refused packet, which leaves an entry (NATLAB's trap). */
  void taken(Packet packet, long now) {
    boolean independent = type.mapping() == Mapping.ENDPOINT_INDEPENDENT;
    boolean begins = !(packet.payload() instanceof Packet.Tcp tcp) || TcpTracking.mayBegin(tcp);
    if (!translates || independent || !begins) {
      return;
    }
    Optional<Flow> known =
        flows.byOutside(packet.protocol(), packet.destination(), packet.source(), now);
    if (known.isPresent()) {
      known.get().on(packet, false, now);
      return;
    }
    Flow flow =
        new Flow(
            packet,
            packet.destination(),
            packet.destination(),
            packet.source(),
            false,
            true,
            UdpLifetime.LINUX,
            now);
    flows.add(flow, now);
    if (packet.tcp()) {
      flow.on(packet.reset(), true, now);
    }
  }

  private Verdict outward(Packet packet, long now) {
    Protocol protocol = packet.protocol();
    InetSocketAddress inside = packet.source();
    InetSocketAddress remote = packet.destination();
    if (!filters && !translates) {
      return new Verdict.Pass(packet);
    }
    Optional<Flow> known = flows.byInside(protocol, inside, remote, now);
    if (known.isPresent()) {
      Flow flow = known.get();
      switch (flow.on(packet, true, now)) {
        case VALID -> {
          mappings.used(protocol, inside, flow.outside.getPort(), remote, now);
          return new Verdict.Pass(packet.withSource(flow.outside));
        }
        case INVALID -> {
          return new Verdict.Vanish("invalid");
        }
        case NEW -> flows.remove(flow);
      }
    }
    if (packet.payload() instanceof Packet.Tcp tcp && !TcpTracking.mayBegin(tcp)) {
      return new Verdict.Vanish("invalid");
    } else if (!letsOut(packet)) {
      return new Verdict.Vanish("blocked");
    }
    InetSocketAddress source = translates ? map(protocol, inside, remote, now) : inside;
    flows.add(new Flow(packet, inside, source, remote, true, false, nat.udpLifetime(), now), now);
    mappings.used(protocol, inside, source.getPort(), remote, now);
    return new Verdict.Pass(packet.withSource(source));
  }

  private boolean letsOut(Packet packet) {
    return switch (type.outbound()) {
      case ALL -> true;
      case TCP -> packet.tcp();
      case TCP_443 -> packet.tcp() && packet.destination().getPort() == 443;
    };
  }

  private Verdict inward(Packet packet, boolean filtered, long now) {
    if (!filters && !translates) {
      return new Verdict.Pass(packet);
    }
    Protocol protocol = packet.protocol();
    Optional<Flow> known = flows.byOutside(protocol, packet.destination(), packet.source(), now);
    if (known.isPresent()) {
      Flow flow = known.get();
      switch (flow.on(packet, false, now)) {
        case VALID -> {
          return flow.own
              ? new Verdict.Refuse("own")
              : new Verdict.Pass(packet.withDestination(flow.inside));
        }
        case INVALID -> {
          return new Verdict.Refuse("invalid");
        }
        case NEW -> flows.remove(flow);
      }
    }
    Optional<InetSocketAddress> inside = addressee(packet, filtered, now);
    if (inside.isEmpty()) {
      return new Verdict.Refuse("unsolicited");
    } else if (packet.payload() instanceof Packet.Tcp tcp && !TcpTracking.mayBegin(tcp)) {
      return new Verdict.Refuse("invalid");
    }
    flows.add(
        new Flow(
            packet,
            inside.get(),
            packet.destination(),
            packet.source(),
            false,
            false,
            nat.udpLifetime(),
            now),
        now);
    return new Verdict.Pass(packet.withDestination(inside.get()));
  }

  /** Who inside gets a packet that belongs to no flow yet. */
  private Optional<InetSocketAddress> addressee(Packet packet, boolean filtered, long now) {
    if (!translates) {
      return filters ? Optional.empty() : Optional.of(packet.destination());
    }
    int port = packet.destination().getPort();
    Optional<MappingTable.Entry> mapping = mappings.at(packet.protocol(), port, now);
    if (!filtered) {
      return mapping
          .map(entry -> entry.inside)
          .or(
              () ->
                  flows.at(packet.protocol(), port, now).stream()
                      .filter(flow -> !flow.own)
                      .map(flow -> flow.inside)
                      .findFirst());
    }
    InetAddress from = packet.source().getAddress();
    return mapping
        .filter(entry -> type.mapping() == Mapping.ENDPOINT_INDEPENDENT)
        .filter(
            entry ->
                switch (type.filtering()) {
                  case NONE, ENDPOINT_INDEPENDENT -> true;
                  case ADDRESS_DEPENDENT -> entry.contacted(from, now);
                  case ADDRESS_AND_PORT_DEPENDENT -> false;
                })
        .map(entry -> entry.inside);
  }

  private InetSocketAddress map(
      Protocol protocol, InetSocketAddress inside, InetSocketAddress remote, long now) {
    Optional<MappingTable.Entry> mapping = mappings.find(protocol, inside, remote, now);
    if (mapping.isPresent()) {
      InetSocketAddress same = new InetSocketAddress(outside, mapping.get().port);
      if (flows.byOutside(protocol, same, remote, now).isEmpty()) {
        return same;
      }
    }
    if (type.ports() instanceof PortAllocation.Sequential row) {
      return new InetSocketAddress(outside, row.port(sequence++));
    }
    if (type.ports() instanceof PortAllocation.Preserved) {
      InetSocketAddress same = new InetSocketAddress(outside, inside.getPort());
      if (free(protocol, same, inside, remote, now)) {
        return same;
      }
    }
    for (int i = 0; i < TRIES; i++) {
      InetSocketAddress any =
          new InetSocketAddress(outside, random.nextInt(RANDOM_FROM, RANDOM_TO));
      if (unused(protocol, any.getPort(), now)) {
        return any;
      }
    }
    throw new IllegalStateException("no outside port is free");
  }

  /** Whether the inside port may be kept; Linux shares it among flows of different remotes. */
  private boolean free(
      Protocol protocol,
      InetSocketAddress candidate,
      InetSocketAddress inside,
      InetSocketAddress remote,
      long now) {
    if (type.mapping() == Mapping.ADDRESS_AND_PORT_DEPENDENT) {
      return flows.byOutside(protocol, candidate, remote, now).isEmpty();
    }
    boolean mine =
        mappings
            .at(protocol, candidate.getPort(), now)
            .map(entry -> entry.inside.equals(inside))
            .orElse(true);
    return mine
        && flows.at(protocol, candidate.getPort(), now).stream()
            .allMatch(flow -> flow.inside.equals(inside) && !flow.remote.equals(remote));
  }

  private boolean unused(Protocol protocol, int port, long now) {
    return mappings.at(protocol, port, now).isEmpty() && flows.at(protocol, port, now).isEmpty();
  }

  /** An ICMP error about a packet that came in: it goes out about the packet as it was. */
  private Verdict errorFromInside(Packet packet, Packet.Icmp icmp, long now) {
    Packet about = icmp.about();
    if (!translates && !filters) {
      return new Verdict.Pass(packet);
    }
    return flows
        .byInside(about.protocol(), about.destination(), about.source(), now)
        .<Verdict>map(
            flow -> {
              Packet original = about.withDestination(flow.outside);
              Packet error =
                  packet
                      .withSource(new InetSocketAddress(flow.outside.getAddress(), 0))
                      .withPayload(new Packet.Icmp(icmp.kind(), icmp.mtu(), original));
              return new Verdict.Pass(error);
            })
        .orElseGet(() -> new Verdict.Vanish("unrelated"));
  }

  /** An ICMP error about a packet that went out: it comes in about the packet as it was. */
  private Verdict errorFromOutside(Packet packet, Packet.Icmp icmp, long now) {
    Packet about = icmp.about();
    if (!translates && !filters) {
      return new Verdict.Pass(packet);
    }
    return flows
        .byOutside(about.protocol(), about.source(), about.destination(), now)
        .filter(flow -> !flow.own)
        .<Verdict>map(
            flow -> {
              Packet original = about.withSource(flow.inside);
              Packet error =
                  packet
                      .withDestination(flow.inside)
                      .withPayload(new Packet.Icmp(icmp.kind(), icmp.mtu(), original));
              return new Verdict.Pass(error);
            })
        .orElseGet(() -> new Verdict.Vanish("unrelated"));
  }

  /** Whether a refused packet is taken by the router's own input. */
  boolean takesRefused() {
    return translates && nat.unsolicited() == Unsolicited.ACCEPT;
  }
}
