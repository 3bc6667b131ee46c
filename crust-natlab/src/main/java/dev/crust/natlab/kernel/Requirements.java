package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a machine must have for the kernel lab. */
final class Requirements {
  private static final List<String> TOOLS =
      List.of("ip", "bridge", "nft", "nsenter", "conntrack", "unshare");

  private Requirements() {}

  /** What is missing for this scenario and for captures, in one line; empty if it can run. */
  static Optional<String> missing(Scenario scenario) {
    List<String> further = new ArrayList<>(List.of("tcpdump"));
    if (scenario.publicHosts().stream().anyMatch(host -> host.servers().contains(Server.COTURN))) {
      further.add("turnserver");
    }
    if (scenario.homes().stream().anyMatch(home -> home.nat().upnp())) {
      further.add("miniupnpd");
    }
    return missing(further);
  }

  /**
   * What is missing, in one line; empty if labs can run.
   *
   * @param further programs that are needed beyond those that every lab needs
   */
  static Optional<String> missing(List<String> further) {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("the kernel NAT lab needs Linux");
    }
    List<String> absent = new ArrayList<>();
    Stream.concat(TOOLS.stream(), further.stream())
        .filter(tool -> Programs.find(tool).isEmpty())
        .forEach(absent::add);
    if (!Programs.hasWires()) {
      absent.add("gcc");
    }
    if (!absent.isEmpty()) {
      return Optional.of("the kernel NAT lab needs " + String.join(", ", absent));
    }
    return mayMakeNamespaces()
        ? Optional.empty()
        : Optional.of("the kernel NAT lab needs root, or a user namespace (see its README)");
  }

  private static boolean mayMakeNamespaces() {
    try {
      Shell.run(List.of("unshare", "--net", "--mount", "true"));
      return true;
    } catch (LabException e) {
      return false;
    }
  }
}
