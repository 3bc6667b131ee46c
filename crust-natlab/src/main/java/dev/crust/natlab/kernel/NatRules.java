package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Filtering;
import dev.crust.natlab.scenario.Happening.Block;
import dev.crust.natlab.scenario.Mapping;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.Outbound;
import dev.crust.natlab.scenario.PortAllocation;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The nftables rules of a router, in one table {@code inet natlab}. Its outside interface is {@code
 * wan}; every other is inside.
 *
 * <p>Connection tracking alone is an address-and-port-dependent NAT. An endpoint-independent
 * mapping that outlives its connections is the map {@code mapped}, from inside endpoint to outside
 * port, learnt after source translation; {@code owner} is its inverse, {@code taken} the ports in
 * it, {@code contacted} and {@code spoken} the remote ends they have sent to.
 */
final class NatRules {
  private static final String TRANSPORTS = "meta l4proto { tcp, udp }";

  private static final String MAPPED_PORT = "meta l4proto . ip saddr . th sport map @mapped";

  /** RFC 5382 §5: not less than 2 h 4 min. */
  private static final String TCP_LIFETIME = "7440s";

  private static final int SEQUENCE_MAX = 4096;

  private final Nat nat;
  private final Router router;
  private final StringBuilder text = new StringBuilder();

  private NatRules(Router router) {
    this.router = router;
    this.nat = router.nat();
  }

  /** The rules as a file for {@code nft -f} that replaces all that was there. */
  static String of(Router router) {
    return new NatRules(router).render();
  }

  private String render() {
    line("flush ruleset");
    line("table inet natlab {");
    if (learns()) {
      tables();
    }
    if (nat.upnp()) {
      line("chain miniupnpd { }");
      line("chain prerouting_miniupnpd { }");
      line("chain postrouting_miniupnpd { }");
    }
    forward();
    input();
    if (nat.type().translates()) {
      if (ignoresUnsolicited()) {
        untrack();
      }
      inward();
      outward();
      if (learns()) {
        learn();
      }
    }
    line("}");
    return text.toString();
  }

  private boolean independent() {
    return nat.type().mapping() == Mapping.ENDPOINT_INDEPENDENT;
  }

  private boolean learns() {
    return nat.type().mapping() != Mapping.NONE
        && (nat.hairpin() || nat.type().mapping() != Mapping.ADDRESS_AND_PORT_DEPENDENT);
  }

  /**
   * Whether packets that the router takes for itself must leave no entry in connection tracking: it
   * would stand in the way of the mapping, and only Linux's own NAT is so fragile.
   */
  private boolean ignoresUnsolicited() {
    return independent() && nat.unsolicited() == Unsolicited.ACCEPT && !nat.upnp();
  }

  private void tables() {
    String options = "; flags dynamic,timeout; size 65535; }";
    line(
        "map mapped { type inet_proto . ipv4_addr . inet_service"
            + (independent() ? "" : " . ipv4_addr")
            + " : inet_service"
            + options);
    line("map owner { type inet_proto . inet_service : ipv4_addr . inet_service" + options);
    line("set taken { type inet_proto . inet_service" + options);
    line("set contacted { type inet_proto . inet_service . ipv4_addr" + options);
    line("set spoken { type inet_proto . inet_service . ipv4_addr . inet_service" + options);
  }

  private void forward() {
    line("chain forwarded {");
    line("type filter hook forward priority filter; policy drop;");
    router.blocks().forEach(this::block);
    if (nat.type().outbound() != Outbound.ALL) {
      line("oifname \"wan\" ct direction original meta l4proto != tcp drop");
    }
    if (nat.type().outbound() == Outbound.TCP_443) {
      line("oifname \"wan\" ct direction original tcp dport != 443 drop");
    }
    line("ct state established,related accept");
    if (nat.type().filtering() == Filtering.NONE) {
      line("meta nfproto ipv4 accept");
    }
    // An invalid packet would leave untranslated, with its private source.
    line("ct state invalid drop");
    if (nat.upnp()) {
      line("jump miniupnpd");
    }
    line("iifname != \"wan\" accept");
    line("ct status dnat accept");
    if (!nat.ipv6Firewall() || nat.type().filtering() == Filtering.NONE) {
      line("meta nfproto ipv6 accept");
    }
    // Behind a mere firewall, and for IPv6, what is unsolicited is addressed to the hosts.
    refuse(nat.unsolicited() == Unsolicited.ACCEPT ? Unsolicited.RST : nat.unsolicited());
    line("}");
  }

  private void block(Block block) {
    if (block.transport() == Transport.ALL) {
      line("drop");
      return;
    }
    String transport = block.transport().name().toLowerCase(Locale.ROOT);
    if (block.port().isEmpty()) {
      line("meta l4proto " + transport + " drop");
      return;
    }
    int port = block.port().getAsInt();
    line("oifname \"wan\" " + transport + " dport " + port + " drop");
    line("iifname \"wan\" " + transport + " sport " + port + " drop");
  }

  private void input() {
    line("chain received {");
    line("type filter hook input priority filter; policy accept;");
    line("iifname != \"wan\" accept");
    line("ct state established,related accept");
    line("meta l4proto icmpv6 accept");
    refuse(nat.unsolicited());
    line("}");
  }

  private void refuse(Unsolicited answer) {
    switch (answer) {
      case DROP -> line("drop");
      case ACCEPT -> line("accept");
      case RST -> {
        line("meta l4proto tcp reject with tcp reset");
        line("meta l4proto udp reject with icmpx type port-unreachable");
        line("drop");
      }
      case ICMP -> {
        line(TRANSPORTS + " reject with icmpx type port-unreachable");
        line("drop");
      }
    }
  }

  private void untrack() {
    line("chain untracked {");
    line("type filter hook prerouting priority raw;");
    line("iifname != \"wan\" return");
    String port = "meta l4proto . th dport ";
    line(
        switch (nat.type().filtering()) {
          case NONE, ENDPOINT_INDEPENDENT -> port + "@taken return";
          case ADDRESS_DEPENDENT -> port + ". ip saddr @contacted return";
          case ADDRESS_AND_PORT_DEPENDENT -> port + ". ip saddr . th sport @spoken return";
        });
    line("ip protocol { tcp, udp } notrack");
    line("}");
  }

  private void inward() {
    line("chain inward {");
    line("type nat hook prerouting priority dstnat;");
    if (nat.upnp()) {
      line("jump prerouting_miniupnpd");
    }
    String hand = "dnat ip to meta l4proto . th dport map @owner";
    if (nat.hairpin()) {
      line("iifname != \"wan\" fib daddr type local " + TRANSPORTS + " " + hand);
    }
    if (independent()) {
      switch (nat.type().filtering()) {
        case NONE, ENDPOINT_INDEPENDENT -> line("iifname \"wan\" " + TRANSPORTS + " " + hand);
        case ADDRESS_DEPENDENT ->
            line("iifname \"wan\" meta l4proto . th dport . ip saddr @contacted " + hand);
        case ADDRESS_AND_PORT_DEPENDENT -> {
          // Connection tracking does it.
        }
      }
    }
    line("}");
  }

  private void outward() {
    line("chain outward {");
    line("type nat hook postrouting priority srcnat;");
    if (nat.upnp()) {
      line("jump postrouting_miniupnpd");
    }
    line("meta nfproto != ipv4 return");
    if (nat.hairpin()) {
      String turned = "oifname != \"wan\" ct status dnat ";
      String source = "snat ip to " + router.outside().getHostAddress();
      if (independent()) {
        line(turned + TRANSPORTS + " " + source + " : " + MAPPED_PORT);
      }
      line(turned + source);
    }
    line("oifname != \"wan\" return");
    switch (nat.type().mapping()) {
      case NONE -> throw new IllegalStateException("nothing to translate");
      case ENDPOINT_INDEPENDENT -> line(TRANSPORTS + " masquerade to :" + MAPPED_PORT);
      case ADDRESS_DEPENDENT ->
          line(
              TRANSPORTS
                  + " masquerade to :meta l4proto . ip saddr . th sport . ip daddr map @mapped");
      case ADDRESS_AND_PORT_DEPENDENT -> {
        // Each connection is mapped for itself.
      }
    }
    allocate(nat.type().ports());
    line("masquerade");
    line("}");
  }

  private void allocate(PortAllocation ports) {
    if (ports instanceof PortAllocation.Preserved && independent()) {
      line("meta l4proto . th sport @taken masquerade random");
    } else if (ports instanceof PortAllocation.Random) {
      line(TRANSPORTS + " masquerade random,fully-random");
    } else if (ports instanceof PortAllocation.Sequential sequence) {
      line(TRANSPORTS + " masquerade to :numgen inc mod " + sequence(sequence));
    }
  }

  /** A map, since an offset to the generator would step by 256: the kernel's byte order. */
  private static String sequence(PortAllocation.Sequential sequence) {
    int length = SEQUENCE_MAX;
    for (int n = 1; n < length; n++) {
      if (sequence.port(n) == PortAllocation.Sequential.FIRST) {
        length = n;
      }
    }
    return IntStream.range(0, length)
        .mapToObj(n -> n + " : " + sequence.port(n))
        .collect(Collectors.joining(", ", length + " map { ", " }"));
  }

  private void learn() {
    line("chain learnt {");
    line("type filter hook postrouting priority srcnat + 10;");
    line("meta nfproto != ipv4 return");
    line("oifname != \"wan\" return");
    String udp = "meta l4proto udp ";
    String tcp = "meta l4proto tcp ";
    String lifetime = nat.udpLifetime().proven().toSeconds() + "s";
    remember(udp, lifetime, "original");
    remember(tcp, TCP_LIFETIME, "original");
    remember(udp, lifetime, "reply");
    remember(tcp, TCP_LIFETIME, "reply");
    line("}");
  }

  /**
   * Learns from packets going out: of connections from inside, whose original source is the inside
   * end, and in reply to connections from outside, which come back from it.
   */
  private void remember(String match, String lifetime, String direction) {
    boolean original = direction.equals("original");
    String other = original ? "reply" : "original";
    String inside = "ct " + direction + " ip saddr . ct " + direction + " proto-src";
    String port = "ct " + other + " proto-dst";
    String remote = "ct " + direction + " ip daddr";
    String prefix = match + "ct direction " + direction + " ";
    if (!original) {
      // Only of connections from outside; of others these are what the router itself answers.
      prefix += "ct status dnat ";
    }
    String until = " timeout " + lifetime;
    String key = "meta l4proto . " + inside + (independent() ? "" : " . " + remote);
    line(prefix + "update @mapped { " + key + until + " : " + port + " }");
    line(prefix + "update @owner { meta l4proto . " + port + until + " : " + inside + " }");
    line(prefix + "update @taken { meta l4proto . " + port + until + " }");
    String contact = "meta l4proto . " + port + " . " + remote;
    line(prefix + "update @contacted { " + contact + until + " }");
    line(
        prefix
            + "update @spoken { "
            + contact
            + " . ct "
            + direction
            + " proto-dst"
            + until
            + " }");
  }

  private void line(String rule) {
    text.append(rule).append('\n');
  }
}
