package dev.crust.cli;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Hosts on one bridge: network namespaces of our own, so that nothing leaves this machine. Gone
 * when closed.
 */
final class Lan implements AutoCloseable {
  private final String prefix = "crust" + ProcessHandle.current().pid() + "-";
  private final List<String> namespaces = new ArrayList<>();
  private final String bridge;

  /** A bridge without hosts; skips the test where that cannot be, save in CI, where it fails. */
  Lan() throws IOException {
    String name = prefix + "switch";
    try {
      add(name);
    } catch (IOException e) {
      String why = "network namespaces need root and the ip command: " + e.getMessage();
      if ("true".equals(System.getenv("CI"))) {
        fail(why);
      }
      assumeTrue(false, why);
    }
    bridge = name;
    in(bridge, "ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0");
    in(bridge, "ip", "link", "set", "br0", "up");
  }

  /** A host on the bridge whose one interface is up and has no address but the kernel's own. */
  String host(String name) throws IOException {
    String host = prefix + name;
    add(host);
    // The kernel's doubts about an address take two seconds.
    in(host, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0");
    run(
        "ip", "-n", host, "link", "add", "eth0", "type", "veth", "peer", "name", name, "netns",
        bridge);
    in(host, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0");
    in(bridge, "ip", "link", "set", "dev", name, "master", "br0", "up");
    in(host, "ip", "link", "set", "lo", "up");
    in(host, "ip", "link", "set", "eth0", "up");
    return host;
  }

  /** Runs a command on a host, until it ends. */
  void in(String host, String... command) throws IOException {
    List<String> all = new ArrayList<>(by(host));
    all.addAll(List.of(command));
    run(all.toArray(String[]::new));
  }

  /** How to run a program on a host. */
  static List<String> by(String host) {
    return List.of("ip", "netns", "exec", host);
  }

  private void add(String namespace) throws IOException {
    run("ip", "netns", "add", namespace);
    namespaces.add(namespace);
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.onExit().orTimeout(10, TimeUnit.SECONDS).join().exitValue() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said.strip());
    }
  }

  @Override
  public void close() throws IOException {
    for (String namespace : namespaces) {
      run("ip", "netns", "delete", namespace);
    }
  }
}
