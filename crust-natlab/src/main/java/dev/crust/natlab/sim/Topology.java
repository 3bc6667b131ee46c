package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.Addressing;
import dev.crust.natlab.scenario.Carrier;
import dev.crust.natlab.scenario.Happening;
import dev.crust.natlab.scenario.Home;
import dev.crust.natlab.scenario.Lan;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.PublicHost;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import dev.crust.natlab.scenario.Subnet;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Builds the network of a scenario and changes it. */
final class Topology {
  /** A node's line: both directions. */
  private record Line(Wire up, Wire down) {
    void carry(boolean works) {
      up.up(works);
      down.up(works);
    }

    void change(Link link) {
      up.change(link);
      down.change(link);
    }
  }

  /** A router and where it is plugged in. */
  private record Site(Router router, Core upstream, Line line) {}

  private final World world;
  private final Addressing addressing;
  private final Core core;
  private final Map<String, SimHost> hosts = new HashMap<>();
  private final Map<String, Line> lines = new HashMap<>();
  private final Map<String, Site> sites = new HashMap<>();
  private final Map<String, Core> carriers = new HashMap<>();
  private final Map<String, Integer> moves = new HashMap<>();

  Topology(World world, Scenario scenario) {
    this.world = world;
    this.addressing = Addressing.of(scenario);
    this.core = new Core(world, "core", lost("core"));
    scenario.publicHosts().forEach(this::build);
    scenario.carriers().forEach(this::build);
    scenario.homes().forEach(this::build);
    scenario.lans().forEach(this::build);
    scenario.publicHosts().stream()
        .filter(host -> host.servers().contains(Server.COTURN))
        .forEach(host -> SimStunServer.start(host(host.name())));
  }

  SimHost host(String name) {
    SimHost host = hosts.get(name);
    if (host == null) {
      throw new IllegalArgumentException("'" + name + "' is no host");
    }
    return host;
  }

  Router router(String name) {
    return site(name).router();
  }

  void apply(Happening happening) {
    String node = happening.node();
    if (happening instanceof Happening.LinkDown) {
      carry(node, false);
    } else if (happening instanceof Happening.LinkUp) {
      carry(node, true);
    } else if (happening instanceof Happening.ChangeLink change) {
      line(node).change(change.link());
    } else if (happening instanceof Happening.Reboot) {
      router(node).reboot();
    } else if (happening instanceof Happening.NewAddress) {
      move(node);
    } else if (happening instanceof Happening.ChangeNat change) {
      router(node).become(change.nat(), router(node).outside());
    } else if (happening instanceof Happening.Block block) {
      router(node).block(block);
    } else if (happening instanceof Happening.Unblock) {
      router(node).unblock();
    }
  }

  private void build(PublicHost node) {
    SimHost host = new SimHost(world, node.name());
    hosts.put(node.name(), host);
    Wire up = new Wire(world, node.name() + "-up", node.link(), core::receive);
    Wire down = new Wire(world, node.name() + "-down", node.link(), host::receive);
    lines.put(node.name(), new Line(up, down));
    List<InetAddress> addresses = addressing.host(node.name());
    host.attach(new Nic(addresses, node.link().mtu(), address -> false, true, up::send));
    addresses.forEach(address -> core.route(address, down::send));
  }

  private void build(Carrier carrier) {
    String name = carrier.name();
    // The router is made after what leads to it.
    Core inside = new Core(world, name + "-inside", packet -> router(name).fromInside(packet));
    carriers.put(name, inside);
    site(name, carrier.nat(), carrier.link(), core, inside::receive);
  }

  private void build(Home home) {
    String name = home.name();
    List<Subnet> subnets = new ArrayList<>(List.of(addressing.homeNetwork(name)));
    if (home.ipv6()) {
      subnets.add(addressing.homeNetwork6(name));
    }
    Segment lan = new Segment(world, name + "-lan", subnets);
    Consumer<Packet> gateway = packet -> router(name).fromInside(packet);
    lan.gateway(gateway);
    Core upstream = home.carrier().map(carriers::get).orElse(core);
    Site site = site(name, home.nat(), home.link(), upstream, packet -> lan.send(packet, gateway));
    boolean exposed = !home.nat().type().translates();
    for (String each : home.hosts()) {
      List<InetAddress> addresses = addressing.host(each);
      plug(each, lan, addresses);
      for (InetAddress address : addresses) {
        if (exposed || address instanceof Inet6Address) {
          upstream.route(address, site.line().down()::send);
          home.carrier().ifPresent(c -> core.route(address, site(c).line().down()::send));
        }
      }
    }
  }

  private void build(Lan lan) {
    List<InetAddress> first = addressing.lanHost(lan.name(), lan.hosts().get(0));
    List<Subnet> subnets = List.of(addressing.lanNetwork(lan.name()), new Subnet(first.get(1), 64));
    Segment segment = new Segment(world, lan.name(), subnets);
    lan.hosts().forEach(each -> plug(each, segment, addressing.lanHost(lan.name(), each)));
  }

  private Site site(String name, Nat nat, Link link, Core upstream, Consumer<Packet> inside) {
    Wire up = new Wire(world, name + "-up", link, upstream::receive);
    Wire down = new Wire(world, name + "-down", link, packet -> router(name).fromOutside(packet));
    Line line = new Line(up, down);
    InetAddress outside = addressing.outside(name);
    Site site = new Site(new Router(world, name, nat, outside, up, inside), upstream, line);
    upstream.route(outside, down::send);
    lines.put(name, line);
    sites.put(name, site);
    return site;
  }

  private void plug(String name, Segment segment, List<InetAddress> addresses) {
    SimHost host = hosts.computeIfAbsent(name, key -> new SimHost(world, key));
    List<Nic> self = new ArrayList<>();
    Consumer<Packet> port =
        packet -> {
          if (self.get(0).up) {
            host.receive(packet);
          }
        };
    Nic nic =
        new Nic(
            addresses,
            Segment.MTU,
            address -> segment.local(address) || segment.toAll(address),
            segment.hasGateway(),
            packet -> segment.send(packet, port));
    self.add(nic);
    segment.plug(addresses, port);
    host.attach(nic);
  }

  private void carry(String node, boolean works) {
    if (lines.containsKey(node)) {
      line(node).carry(works);
    } else {
      host(node).nics().forEach(nic -> nic.up = works);
    }
  }

  private void move(String node) {
    Site site = site(node);
    int count = moves.merge(node, 1, Integer::sum);
    InetAddress next = addressing.outside(node, count);
    site.upstream().unroute(site.router().outside());
    site.upstream().route(next, site.line().down()::send);
    site.router().become(site.router().nat(), next);
  }

  private Line line(String node) {
    Line line = lines.get(node);
    if (line == null) {
      throw new IllegalArgumentException("'" + node + "' has no line");
    }
    return line;
  }

  private Site site(String name) {
    Site site = sites.get(name);
    if (site == null) {
      throw new IllegalArgumentException("'" + name + "' is no router");
    }
    return site;
  }

  private Consumer<Packet> lost(String name) {
    return packet -> world.log().write(name, "no-route", packet);
  }
}
