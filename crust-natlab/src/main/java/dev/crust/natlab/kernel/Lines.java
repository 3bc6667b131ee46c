package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Carrier;
import dev.crust.natlab.scenario.Home;
import dev.crust.natlab.scenario.Lan;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.PublicHost;
import dev.crust.natlab.scenario.Scenario;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names and numbers of a lab's lines and LAN cables. */
final class Lines {
  private final Map<String, Link> links = new LinkedHashMap<>();
  private final List<String> order;

  Lines(Scenario scenario) {
    for (PublicHost host : scenario.publicHosts()) {
      links.put(host.name(), host.link());
    }
    for (Carrier carrier : scenario.carriers()) {
      links.put(carrier.name(), carrier.link());
    }
    for (Home home : scenario.homes()) {
      links.put(home.name(), home.link());
    }
    order = new ArrayList<>(links.keySet());
  }

  /** The number of a node's line, from 0; -1 if it has none. */
  int number(String node) {
    return order.indexOf(node);
  }

  int count() {
    return order.size();
  }

  Map<String, Link> links() {
    return links;
  }

  /** The port of a home's bridge that a host hangs on. */
  static String port(Home home, String host) {
    return "port" + home.hosts().indexOf(host);
  }

  /** The port, in the wires' namespace, of a LAN's bridge that a host hangs on. */
  static String lanPort(Scenario scenario, Lan lan, String host) {
    return "lan" + scenario.lans().indexOf(lan) + "p" + lan.hosts().indexOf(host);
  }

  /** The host's interface on a LAN: eth0 is at home, or the first LAN's if it has no home. */
  static String lanInterface(Scenario scenario, Lan lan, String host) {
    List<Lan> joined =
        scenario.lans().stream().filter(each -> each.hosts().contains(host)).toList();
    boolean elsewhere = scenario.homeOf(host).isPresent();
    boolean open = scenario.publicHosts().stream().anyMatch(each -> each.name().equals(host));
    return "eth" + (joined.indexOf(lan) + (elsewhere || open ? 1 : 0));
  }
}
