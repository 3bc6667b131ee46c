package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Addressing;
import dev.crust.natlab.scenario.Happening;
import dev.crust.natlab.scenario.Home;
import dev.crust.natlab.scenario.Lan;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.Scenario;
import java.io.IOException;
import java.net.Inet4Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Lays a lab out and lets happenings happen to it. What has happened is written down, so that
 * another process can take over.
 */
final class Changes {
  private final Scenario scenario;
  private final Addressing addressing;
  private final Namespaces namespaces;
  private final Path directory;
  private final Path logs;
  private final Lines lines;
  private final Routers routers;
  private final Wires wires;
  private final Map<String, Link> links;
  private final Set<String> silent = new HashSet<>();

  Changes(
      Scenario scenario, Addressing addressing, Namespaces namespaces, Path directory, Path logs) {
    this.scenario = scenario;
    this.addressing = addressing;
    this.namespaces = namespaces;
    this.directory = directory;
    this.logs = logs;
    this.lines = new Lines(scenario);
    this.routers = new Routers(scenario, addressing, namespaces, lines, directory);
    this.wires = new Wires(directory);
    this.links = new HashMap<>(lines.links());
  }

  void layOut() throws IOException {
    Plumbing plumbing = new Plumbing(scenario, addressing, namespaces, lines);
    Shell.script(directory.resolve("up.sh"), plumbing.script() + routers.startScript());
    wires.start(namespaces.wires(), lines.count(), logs.resolve("wires.err"));
    lines.links().forEach((node, link) -> wires.set(lines.number(node), true, link));
  }

  void startServers() throws InterruptedException {
    routers.startServers();
  }

  Router router(String name) {
    return routers.get(name);
  }

  List<String> routerNames() {
    return Stream.concat(
            scenario.carriers().stream().map(each -> each.name()),
            scenario.homes().stream().map(Home::name))
        .toList();
  }

  /** Takes note of what happened before another process, this one, took over. */
  void recall() throws IOException {
    Path file = directory.resolve("happened");
    if (Files.exists(file)) {
      Files.readAllLines(file).forEach(line -> note(Scenario.parseHappening(line)));
    }
  }

  void apply(Happening happening) {
    String node = happening.node();
    boolean router = routerNames().contains(node);
    Inet4Address before = router ? router(node).outside() : null;
    note(happening);
    try {
      if (happening instanceof Happening.LinkDown || happening instanceof Happening.LinkUp) {
        setCarrier(node, happening instanceof Happening.LinkUp);
      } else if (happening instanceof Happening.ChangeLink) {
        setLine(node);
      } else if (happening instanceof Happening.Block || happening instanceof Happening.Unblock) {
        routers.reload(node);
      } else {
        if (happening instanceof Happening.NewAddress && before != null) {
          routers.readdress(node, before, router(node).outside());
        }
        routers.forget(node);
      }
      String line = Scenario.text(happening) + "\n";
      Files.writeString(
          directory.resolve("happened"),
          line,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new LabException("cannot write down what happened", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }

  private void note(Happening happening) {
    String node = happening.node();
    if (happening instanceof Happening.LinkDown) {
      silent.add(node);
    } else if (happening instanceof Happening.LinkUp) {
      silent.remove(node);
    } else if (happening instanceof Happening.ChangeLink change) {
      links.put(node, change.link());
    } else if (happening instanceof Happening.ChangeNat change) {
      routers.change(node, router -> router.withNat(change.nat()));
    } else if (happening instanceof Happening.NewAddress) {
      routers.change(
          node,
          router -> router.withOutside(addressing.outside(node, router.addressChanges() + 1)));
    } else if (happening instanceof Happening.Block block) {
      routers.change(node, router -> router.withBlock(block));
    } else if (happening instanceof Happening.Unblock) {
      routers.change(node, Router::withoutBlocks);
    }
  }

  private void setLine(String node) {
    Link link = links.get(node);
    if (link == null) {
      throw new IllegalArgumentException("'" + node + "' has no line");
    }
    wires.set(lines.number(node), !silent.contains(node), link);
  }

  private void setCarrier(String node, boolean up) {
    if (lines.number(node) >= 0) {
      setLine(node);
      return;
    }
    String state = up ? "up" : "down";
    for (Home home : scenario.homes()) {
      if (home.hosts().contains(node)) {
        plug(namespaces.router(home.name()), Lines.port(home, node), state);
        seekNeighbours(node, "eth0");
      }
    }
    for (Lan lan : scenario.lans()) {
      if (lan.hosts().contains(node)) {
        plug(namespaces.wires(), Lines.lanPort(scenario, lan, node), state);
        seekNeighbours(node, Lines.lanInterface(scenario, lan, node));
      }
    }
  }

  /** Pulls or plugs a cable. The kernel takes up to a second to notice, so that is waited for. */
  private void plug(String namespace, String port, String state) {
    String awaited = state.equals("up") ? "forwarding" : "disabled";
    String commands =
        """
        ip link set %s %s
        tries=0
        until bridge link show dev %s | grep -q 'state %s'; do
          tries=$((tries + 1))
          test $tries -lt 150
          sleep 0.02
        done
        """
            .formatted(port, state, port, awaited);
    Shell.script(directory.resolve("plug.sh"), Plumbing.enter(namespace, "sh -e", commands));
  }

  /** Makes a host ask for its neighbours at once, not when its last question has timed out. */
  private void seekNeighbours(String host, String networkInterface) {
    Shell.run(
        Stream.concat(
                Namespaces.enter(namespaces.host(host)).stream(),
                Stream.of("ip", "neigh", "flush", "dev", networkInterface))
            .toList());
  }
}
