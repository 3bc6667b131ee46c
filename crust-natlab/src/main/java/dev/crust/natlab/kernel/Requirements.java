package dev.crust.natlab.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a machine must have for the kernel lab. */
final class Requirements {
  private static final List<String> TOOLS =
      List.of("ip", "bridge", "nft", "nsenter", "conntrack", "unshare");

  private Requirements() {}

  /** What is missing, in one line; empty if labs can run. */
  static Optional<String> missing() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("the kernel NAT lab needs Linux");
    }
    List<String> absent = new ArrayList<>();
    TOOLS.stream().filter(tool -> Programs.find(tool).isEmpty()).forEach(absent::add);
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
