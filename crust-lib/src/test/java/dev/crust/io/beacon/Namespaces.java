package dev.crust.io.beacon;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Hosts in network namespaces of their own, on one bridge in another. Nothing leaves them. */
final class Namespaces implements AutoCloseable {
  private final String prefix = "beacon" + ProcessHandle.current().pid() + "-";
  private final Deque<String> created = new ArrayDeque<>();
  private final List<Host> hosts = new ArrayList<>();

  Namespaces() {
    add("hub");
    in("hub", "ip link add br0 type bridge");
    in("hub", "ip link set br0 up");
  }

  /** A JUnit condition. */
  static boolean available() {
    String name = "beacon-try-" + ProcessHandle.current().pid();
    try {
      return run("ip", "netns", "add", name) == 0 && run("ip", "netns", "del", name) == 0;
    } catch (UncheckedIOException e) {
      return false; // no such command
    }
  }

  /** A host that is not yet on the bridge. */
  Host host(String name) {
    add(name);
    in(name, "ip link set lo up");
    Host host = new Host(name);
    hosts.add(host);
    return host;
  }

  private void add(String name) {
    must("ip", "netns", "add", prefix + name);
    created.push(prefix + name);
  }

  private void in(String name, String command) {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", prefix + name));
    words.addAll(List.of(command.split(" ", -1)));
    must(words.toArray(String[]::new));
  }

  private static void must(String... command) {
    if (run(command) != 0) {
      throw new IllegalStateException("failed: " + String.join(" ", command));
    }
  }

  private static int run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      process.getInputStream().readAllBytes();
      return process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    hosts.forEach(Host::stop);
    while (!created.isEmpty()) {
      run("ip", "netns", "del", created.pop());
    }
  }

  /** One host and the beacon that runs on it. */
  final class Host {
    private final String name;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private @Nullable Process process;
    private String self = "";

    private Host(String name) {
      this.name = name;
    }

    Host without(String sysctl) {
      in(name, "sysctl -q -w " + sysctl + "=1");
      return this;
    }

    /** Puts eth0 on the bridge. */
    Host plug(String... addresses) {
      must(
          "ip",
          "-n",
          prefix + "hub",
          "link",
          "add",
          name,
          "type",
          "veth",
          "peer",
          "name",
          "eth0",
          "netns",
          prefix + name);
      in("hub", "ip link set " + name + " master br0 up");
      for (String address : addresses) {
        in(name, "ip addr add " + address + " dev eth0");
      }
      in(name, "ip link set eth0 up");
      return this;
    }

    /** Takes eth0 away. */
    void unplug() {
      in(name, "ip link del eth0");
    }

    /** Starts a beacon and waits until it says who it is. */
    Host start(String network) throws IOException, InterruptedException {
      Process started =
          new ProcessBuilder(
                  "ip",
                  "netns",
                  "exec",
                  prefix + name,
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  classPath(),
                  BeaconProbe.class.getName(),
                  network)
              .redirectErrorStream(true)
              .start();
      process = started;
      Thread reader = new Thread(() -> read(started), "reads " + name);
      reader.setDaemon(true);
      reader.start();
      self = expect("self ", 20_000).split(" ", -1)[1];
      return this;
    }

    String self() {
      return self;
    }

    /** Waits for a line that begins so. */
    String expect(String start, long millis) throws InterruptedException {
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
      List<String> others = new ArrayList<>();
      for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
        String line = lines.poll(left, TimeUnit.NANOSECONDS);
        if (line != null && line.startsWith(start)) {
          return line;
        }
        others.add(String.valueOf(line));
      }
      throw new AssertionError(
          name + " did not say '" + start + "' in " + millis + " ms, but " + others);
    }

    /** What it has said and nobody has expected. */
    List<String> rest() {
      List<String> rest = new ArrayList<>();
      lines.drainTo(rest);
      return rest;
    }

    private void read(Process from) {
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(from.getInputStream(), StandardCharsets.UTF_8))) {
        reader.lines().forEach(lines::add);
      } catch (IOException | UncheckedIOException e) {
        lines.add("gone: " + e);
      }
    }

    private void stop() {
      Process running = process;
      if (running == null) {
        return;
      }
      try {
        running.getOutputStream().write('\n');
        running.getOutputStream().flush();
        if (!running.waitFor(5, TimeUnit.SECONDS)) {
          running.destroyForcibly().waitFor();
        }
      } catch (IOException | InterruptedException e) {
        running.destroyForcibly();
      }
    }
  }

  private static String classPath() {
    return List.of(Beacon.class, BeaconProbe.class).stream()
        .map(
            type ->
                Path.of(
                        URI.create(
                            type.getProtectionDomain().getCodeSource().getLocation().toString()))
                    .toString())
        .distinct()
        .collect(Collectors.joining(":"));
  }
}
