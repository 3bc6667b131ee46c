package dev.crust.natlab.scenario;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rules that tie the lines of a scenario together, checked from top to bottom. */
final class Consistency {
  private final Map<String, Nat> routers = new HashMap<>();
  private final Set<String> carriers = new HashSet<>();
  private final Set<String> publicHosts = new HashSet<>();
  private final Set<String> hosts = new HashSet<>();
  private final Set<String> lans = new HashSet<>();

  private Consistency() {}

  static void check(List<Element> elements) {
    Consistency soFar = new Consistency();
    elements.forEach(soFar::add);
  }

  private void add(Element element) {
    if (element instanceof PublicHost host) {
      addHost(host.name());
      publicHosts.add(host.name());
    } else if (element instanceof Carrier carrier) {
      addRouter(carrier.name(), carrier.nat());
      carriers.add(carrier.name());
    } else if (element instanceof Home home) {
      addHome(home);
    } else if (element instanceof Lan lan) {
      require(lans.add(lan.name()), lan.name(), "is the name of another LAN");
      require(
          new HashSet<>(lan.hosts()).size() == lan.hosts().size(), lan.name(), "repeats a host");
      hosts.addAll(lan.hosts());
    } else if (element instanceof Timed timed) {
      check(timed.happening());
    }
  }

  private void addHome(Home home) {
    addRouter(home.name(), home.nat());
    home.carrier()
        .ifPresent(
            name -> {
              require(carriers.contains(name), name, "is no carrier above this line");
              require(
                  home.nat().type().translates(),
                  home.name(),
                  "has no NAT and so no private addresses to be behind a carrier");
            });
    for (String host : home.hosts()) {
      require(
          host.equals(home.name()) || !routers.containsKey(host), host, "is the name of a router");
      addHost(host);
    }
  }

  private void addRouter(String name, Nat nat) {
    require(!hosts.contains(name), name, "is the name of another node");
    require(routers.put(name, nat) == null, name, "is the name of another node");
  }

  private void addHost(String name) {
    require(hosts.add(name), name, "is the name of another host");
  }

  private void check(Happening happening) {
    String node = happening.node();
    boolean cable =
        happening instanceof Happening.LinkDown || happening instanceof Happening.LinkUp;
    boolean line = cable || happening instanceof Happening.ChangeLink;
    Nat nat = routers.get(node);
    require(
        nat != null || (cable && hosts.contains(node)) || (line && publicHosts.contains(node)),
        node,
        "is no such node above this line");
    if (nat != null && happening instanceof Happening.ChangeNat change) {
      require(
          change.nat().type().translates() == nat.type().translates(),
          node,
          "keeps its hosts' addresses: it cannot begin or cease to translate");
    }
  }

  private static void require(boolean holds, String word, String complaint) {
    if (!holds) {
      throw new IllegalArgumentException("'" + word + "' " + complaint);
    }
  }
}
