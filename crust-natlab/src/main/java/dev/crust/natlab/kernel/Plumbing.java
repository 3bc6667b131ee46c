package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Addressing;
import dev.crust.natlab.scenario.Carrier;
import dev.crust.natlab.scenario.Home;
import dev.crust.natlab.scenario.Lan;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.PublicHost;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Subnet;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the script that lays a scenario's namespaces, cables and addresses.
 *
 * <p>Line n runs from {@code wan} of its node through {@code an} and {@code bn} in the wires'
 * namespace to {@code upn} in the core or a carrier. Both ends have one MAC address and do no ARP,
 * so that the first packet of a test is not the slowest.
 */
final class Plumbing {
  private final Scenario scenario;
  private final Addressing addresses;
  private final Namespaces namespaces;
  private final Lines lines;
  private final StringBuilder links = new StringBuilder();
  private final Map<String, StringBuilder> settings = new LinkedHashMap<>();

  Plumbing(Scenario scenario, Addressing addresses, Namespaces namespaces, Lines lines) {
    this.scenario = scenario;
    this.addresses = addresses;
    this.namespaces = namespaces;
    this.lines = lines;
  }

  /** The whole script, for {@code sh -e}. */
  String script() {
    in(namespaces.core(), "addr add 203.0.113.254/32 dev lo");
    settings.put(namespaces.wires(), new StringBuilder());
    scenario.publicHosts().forEach(this::publicHost);
    scenario.carriers().forEach(this::carrier);
    scenario.homes().forEach(this::home);
    scenario.lans().forEach(this::lan);
    StringBuilder script = new StringBuilder();
    settings.keySet().forEach(name -> script.append("ip netns add ").append(name).append('\n'));
    settings.keySet().forEach(name -> script.append(enter(name, "sh -e", kernelSettings(name))));
    script.append("ip -batch - <<'END'\n").append(links).append("END\n");
    settings.forEach((name, text) -> script.append(enter(name, "ip -batch -", text)));
    return script.toString();
  }

  /** Shell words that feed a text to a command in a namespace. */
  static String enter(String namespace, String command, CharSequence input) {
    return "%s %s <<'END'\n%sEND\n"
        .formatted(String.join(" ", Namespaces.enter(namespace)), command, input);
  }

  private String kernelSettings(String namespace) {
    if (namespace.equals(namespaces.wires())) {
      return "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6\n";
    }
    StringBuilder text = new StringBuilder();
    for (String scope : List.of("all", "default")) {
      text.append("echo 0 > /proc/sys/net/ipv4/conf/" + scope + "/rp_filter\n");
      text.append("echo 0 > /proc/sys/net/ipv6/conf/" + scope + "/accept_dad\n");
      text.append("echo 0 > /proc/sys/net/ipv6/conf/" + scope + "/accept_ra\n");
    }
    text.append("echo 0 > /proc/sys/net/ipv4/icmp_ratelimit\n");
    text.append("echo 0 > /proc/sys/net/ipv6/icmp/ratelimit\n");
    if (namespace.equals(namespaces.core()) || namespace.endsWith(".router")) {
      text.append("echo 1 > /proc/sys/net/ipv4/ip_forward\n");
      text.append("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding\n");
      // Else the LAN's bridge itself forwards what is turned round, and not to where it came from.
      String bridged = "/proc/sys/net/bridge/bridge-nf-call-";
      for (String family : List.of("iptables", "ip6tables")) {
        text.append("[ ! -e " + bridged + family + " ] || echo 0 > " + bridged + family + "\n");
      }
    }
    return text.toString();
  }

  private void publicHost(PublicHost host) {
    String here = namespaces.host(host.name());
    List<InetAddress> all = addresses.host(host.name());
    line(host.name(), here, namespaces.core(), host.link());
    for (InetAddress address : all) {
      boolean six = address instanceof Inet6Address;
      String single = address.getHostAddress() + (six ? "/128" : "/32");
      in(here, "addr add " + single + " dev wan");
      in(namespaces.core(), "route add " + single + " dev " + uplink(host.name()));
    }
    in(here, "route add default dev wan src " + all.get(0).getHostAddress());
    if (host.ipv6()) {
      in(here, "route add ::/0 dev wan");
    }
  }

  private void carrier(Carrier carrier) {
    String here = namespaces.router(carrier.name());
    line(carrier.name(), here, namespaces.core(), carrier.link());
    outside(carrier.name(), here, namespaces.core());
    in(here, "addr add 100.127.255.254/32 dev lo");
    in(here, "route add ::/0 dev wan");
  }

  private void home(Home home) {
    String here = namespaces.router(home.name());
    String upstream = home.carrier().map(namespaces::router).orElse(namespaces.core());
    line(home.name(), here, upstream, home.link());
    outside(home.name(), here, upstream);
    in(here, "link add lan type bridge mcast_snooping 0 forward_delay 0");
    in(here, "link set lan up");
    Subnet network = addresses.homeNetwork(home.name());
    in(here, "addr add " + sized(network, network.address(1)) + " dev lan");
    if (!home.nat().type().translates()) {
      in(upstream, "route add " + network + " dev " + uplink(home.name()));
    }
    Subnet network6 = addresses.homeNetwork6(home.name());
    if (home.ipv6()) {
      in(here, "addr add " + sized(network6, network6.address(1)) + " dev lan");
      in(here, "route add ::/0 dev wan");
      in(upstream, "route add " + network6 + " dev " + uplink(home.name()));
      home.carrier()
          .ifPresent(
              name -> in(namespaces.core(), "route add " + network6 + " dev " + uplink(name)));
    }
    for (String host : home.hosts()) {
      String there = namespaces.host(host);
      cable(there, "eth0", here, Lines.port(home, host), "lan");
      for (InetAddress address : addresses.host(host)) {
        Subnet range = address instanceof Inet6Address ? network6 : network;
        in(there, "addr add " + sized(range, address) + " dev eth0");
        String all = address instanceof Inet6Address ? "::/0" : "0.0.0.0/0";
        in(there, "route add " + all + " via " + range.address(1).getHostAddress());
      }
    }
  }

  private void lan(Lan lan) {
    String bridge = "lan" + scenario.lans().indexOf(lan);
    in(namespaces.wires(), "link add " + bridge + " type bridge mcast_snooping 0 forward_delay 0");
    in(namespaces.wires(), "link set " + bridge + " up");
    for (String host : lan.hosts()) {
      String there = namespaces.host(host);
      String name = Lines.lanInterface(scenario, lan, host);
      cable(there, name, namespaces.wires(), Lines.lanPort(scenario, lan, host), bridge);
      Subnet network = addresses.lanNetwork(lan.name());
      for (InetAddress address : addresses.lanHost(lan.name(), host)) {
        String size = address instanceof Inet6Address ? "/64" : "/" + network.bits();
        in(there, "addr add " + address.getHostAddress() + size + " dev " + name);
      }
    }
  }

  private void line(String node, String here, String upstream, Link link) {
    int number = lines.number(node);
    // One MAC address for both ends is what makes them accept each other's frames without ARP.
    String mac = "02:00:00:00:%02x:%02x".formatted(number >> 8, number & 0xff);
    veth("wan address " + mac, here, "a" + number, namespaces.wires());
    veth(uplink(node) + " address " + mac, upstream, "b" + number, namespaces.wires());
    int mtu = link.mtu();
    String packets = " mtu " + mtu + " gso_max_segs 1 arp off up";
    in(here, "link set wan" + packets);
    in(upstream, "link set " + uplink(node) + packets);
    in(namespaces.wires(), "link set a" + number + " mtu " + Math.max(mtu, 1500) + " up");
    in(namespaces.wires(), "link set b" + number + " mtu " + Math.max(mtu, 1500) + " up");
  }

  private void outside(String router, String here, String upstream) {
    String single = addresses.outside(router).getHostAddress() + "/32";
    in(here, "addr add " + single + " dev wan");
    in(here, "route add default dev wan");
    in(upstream, "route add " + single + " dev " + uplink(router));
  }

  private void cable(String host, String name, String elsewhere, String port, String bridge) {
    in(host, "");
    veth(name, host, port, elsewhere);
    in(elsewhere, "link set " + port + " master " + bridge + " up");
    in(host, "link set " + name + " up");
  }

  private void veth(String name, String here, String far, String there) {
    links
        .append("link add name " + name + " netns " + here)
        .append(" type veth peer name " + far + " netns " + there + "\n");
  }

  private String uplink(String node) {
    return "up" + lines.number(node);
  }

  private void in(String namespace, String command) {
    StringBuilder text =
        settings.computeIfAbsent(namespace, name -> new StringBuilder("link set lo up\n"));
    if (!command.isEmpty()) {
      text.append(command).append('\n');
    }
  }

  private static String sized(Subnet range, InetAddress address) {
    return address.getHostAddress() + "/" + range.bits();
  }
}
