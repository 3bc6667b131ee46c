package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Addressing;
import dev.crust.natlab.scenario.Carrier;
import dev.crust.natlab.scenario.Home;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.UdpLifetime;
import java.net.Inet4Address;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The routers of a lab: what each does, and the making of it so in the kernel. */
final class Routers {
  private final Scenario scenario;
  private final Addressing addresses;
  private final Namespaces namespaces;
  private final Lines lines;
  private final Path directory;
  private final Map<String, Router> state = new LinkedHashMap<>();
  private final Map<String, HostProcess> upnp = new HashMap<>();

  Routers(
      Scenario scenario, Addressing addresses, Namespaces namespaces, Lines lines, Path directory) {
    this.scenario = scenario;
    this.addresses = addresses;
    this.namespaces = namespaces;
    this.lines = lines;
    this.directory = directory;
    for (Carrier carrier : scenario.carriers()) {
      add(carrier.name(), carrier.nat());
    }
    for (Home home : scenario.homes()) {
      add(home.name(), home.nat());
    }
  }

  private void add(String name, Nat nat) {
    state.put(name, new Router(name, nat, addresses.outside(name), 0, List.of()));
  }

  Router get(String name) {
    Router router = state.get(name);
    if (router == null) {
      throw new IllegalArgumentException("'" + name + "' is no router of this lab");
    }
    return router;
  }

  /** Records a change without making it. */
  void change(String name, UnaryOperator<Router> change) {
    state.put(name, change.apply(get(name)));
  }

  /** The script that makes every router what it is. */
  String startScript() {
    StringBuilder script = new StringBuilder();
    state.values().forEach(router -> script.append(loadScript(router)));
    return script.toString();
  }

  void startServers() throws InterruptedException {
    for (Router router : state.values()) {
      startUpnp(router);
    }
  }

  /** Loads a router's rules anew; it keeps its connections. */
  void reload(String name) {
    run(name, loadScript(get(name)));
  }

  /** Makes a router forget all it has learnt. */
  void forget(String name) throws InterruptedException {
    Router router = get(name);
    HostProcess daemon = upnp.remove(name);
    if (daemon != null) {
      daemon.kill();
    }
    run(name, loadScript(router) + enter(router, "conntrack -F 2>/dev/null\n"));
    startUpnp(router);
  }

  /** Moves a router's outside address in the kernel. */
  void readdress(String name, Inet4Address from, Inet4Address to) {
    String uplink = " dev up" + lines.number(name) + "\n";
    String upstream =
        scenario.homes().stream()
            .filter(home -> home.name().equals(name))
            .findFirst()
            .flatMap(Home::carrier)
            .map(namespaces::router)
            .orElse(namespaces.core());
    String here =
        "addr add %s/32 dev wan%naddr del %s/32 dev wan%nroute replace default dev wan%n"
            .formatted(to.getHostAddress(), from.getHostAddress());
    String there =
        "route add %s/32%sroute del %s/32%s"
            .formatted(to.getHostAddress(), uplink, from.getHostAddress(), uplink);
    run(
        name,
        Plumbing.enter(namespaces.router(name), "ip -batch -", here)
            + Plumbing.enter(upstream, "ip -batch -", there));
  }

  private void run(String name, String script) {
    Shell.script(directory.resolve(name + ".router.sh"), script);
  }

  private String loadScript(Router router) {
    UdpLifetime lifetime = router.nat().udpLifetime();
    String sys = " > /proc/sys/net/netfilter/nf_conntrack_";
    // A router that has forgotten a TCP connection must not take it up again from its middle.
    String settings =
        "echo %d%sudp_timeout%necho %d%sudp_timeout_stream%necho 0%stcp_loose%n"
            .formatted(lifetime.fresh().toSeconds(), sys, lifetime.proven().toSeconds(), sys, sys);
    return Plumbing.enter(namespaces.router(router.name()), "nft -f -", NatRules.of(router))
        + enter(router, settings);
  }

  private String enter(Router router, String commands) {
    return Plumbing.enter(namespaces.router(router.name()), "sh -e", commands);
  }

  private void startUpnp(Router router) throws InterruptedException {
    boolean home = scenario.homes().stream().anyMatch(each -> each.name().equals(router.name()));
    if (router.nat().upnp() && home) {
      String name = router.name() + ".router";
      Host host = new Host(name, namespaces.router(router.name()), List.of(), directory);
      upnp.put(
          router.name(), Miniupnpd.start(host, addresses.homeNetwork(router.name()), directory));
    }
  }
}
