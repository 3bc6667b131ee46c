package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.Happening.Block;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A home's or carrier's router: translator, packet filter, and what it says to the unsolicited. */
final class Router {
  private final World world;
  private final String name;
  private final Consumer<Packet> inside;
  private final List<Block> blocks = new ArrayList<>();
  private Nat nat;
  private InetAddress outside;
  private Translator ipv4;
  private Translator ipv6;
  private Wire up;

  /**
   * A router.
   *
   * @param up the line to the outside
   * @param inside takes what goes to the inside
   */
  Router(World world, String name, Nat nat, InetAddress outside, Wire up, Consumer<Packet> inside) {
    this.world = world;
    this.name = name;
    this.nat = nat;
    this.outside = outside;
    this.up = up;
    this.inside = inside;
    this.ipv4 = Translator.ipv4(nat, outside, world.split());
    this.ipv6 = Translator.ipv6(nat, outside, world.split());
  }

  InetAddress outside() {
    return outside;
  }

  /** Another behaviour or address: the router forgets all it knew. */
  void become(Nat other, InetAddress address) {
    nat = other;
    outside = address;
    ipv4 = Translator.ipv4(nat, outside, world.split());
    ipv6 = Translator.ipv6(nat, outside, world.split());
  }

  Nat nat() {
    return nat;
  }

  void reboot() {
    ipv4.forget();
    ipv6.forget();
  }

  void block(Block block) {
    blocks.add(block);
  }

  void unblock() {
    blocks.clear();
  }

  /** The tables as text. */
  String tables() {
    long now = world.timeline().nanos();
    return ipv4.text(now) + ipv6.text(now);
  }

  void fromInside(Packet packet) {
    if (dead(packet) || blocked(packet, packet.destination())) {
      return;
    }
    Translator.Verdict verdict =
        translator(packet).fromInside(hop(packet), world.timeline().nanos());
    if (verdict instanceof Translator.Verdict.Pass pass) {
      Packet out = pass.packet();
      if (out.size() > up.mtu()) {
        tooBig(packet, up.mtu());
      } else {
        log("out", out);
        up.send(out);
      }
    } else if (verdict instanceof Translator.Verdict.Turn turn) {
      log("turn", turn.packet());
      inside.accept(turn.packet());
    } else if (verdict instanceof Translator.Verdict.Mine) {
      log("mine", packet);
      answer(packet, Unsolicited.ACCEPT, inside);
    } else if (verdict instanceof Translator.Verdict.Vanish vanish) {
      log("drop-" + vanish.why(), packet);
    }
  }

  void fromOutside(Packet packet) {
    if (dead(packet) || blocked(packet, packet.source())) {
      return;
    }
    long now = world.timeline().nanos();
    Translator.Verdict verdict = translator(packet).fromOutside(hop(packet), now);
    if (verdict instanceof Translator.Verdict.Pass pass) {
      log("in", pass.packet());
      inside.accept(pass.packet());
    } else if (verdict instanceof Translator.Verdict.Refuse refuse) {
      log("refuse-" + refuse.why(), packet);
      if (nat.unsolicited() == Unsolicited.ACCEPT && refuse.why().equals("unsolicited")) {
        translator(packet).taken(packet, now);
      }
      answer(packet, nat.unsolicited(), up::send);
    } else if (verdict instanceof Translator.Verdict.Vanish vanish) {
      log("drop-" + vanish.why(), packet);
    }
  }

  private void answer(Packet packet, Unsolicited manner, Consumer<Packet> back) {
    boolean reset = packet.payload() instanceof Packet.Tcp tcp && tcp.rst();
    if (manner == Unsolicited.DROP || reset || packet.payload() instanceof Packet.Icmp) {
      return;
    }
    boolean rst = packet.tcp() && manner != Unsolicited.ICMP;
    Packet answer =
        rst ? packet.reset() : packet.error(self(packet), Packet.IcmpKind.PORT_UNREACHABLE, 0);
    log("answer", answer);
    back.accept(answer);
  }

  private void tooBig(Packet packet, int mtu) {
    log("too-big", packet);
    inside.accept(packet.error(self(packet), Packet.IcmpKind.TOO_BIG, mtu));
  }

  /** What an ICMP error of ours comes from; over IPv6 the addressee stands for the router. */
  private InetSocketAddress self(Packet packet) {
    return packet.ipv4() ? new InetSocketAddress(outside, 0) : packet.destination();
  }

  private boolean dead(Packet packet) {
    if (packet.ttl() <= 1) {
      log("ttl", packet);
    }
    return packet.ttl() <= 1;
  }

  private static Packet hop(Packet packet) {
    return packet.withTtl(packet.ttl() - 1);
  }

  private boolean blocked(Packet packet, InetSocketAddress remote) {
    for (Block block : blocks) {
      boolean transport =
          block.transport() == Transport.ALL
              || (block.transport() == Transport.TCP ? packet.tcp() : packet.udp());
      if (transport && (block.port().isEmpty() || block.port().getAsInt() == remote.getPort())) {
        log("block", packet);
        return true;
      }
    }
    return false;
  }

  private Translator translator(Packet packet) {
    return packet.ipv4() ? ipv4 : ipv6;
  }

  private void log(String verb, Packet packet) {
    world.log().write(name, verb, packet);
  }
}
