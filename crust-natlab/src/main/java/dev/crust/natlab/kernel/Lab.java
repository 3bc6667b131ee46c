package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Addressing;
import dev.crust.natlab.scenario.Happening;
import dev.crust.natlab.scenario.PublicHost;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A scenario played by this machine's kernel: a network namespace for each host and router.
 *
 * <p>Nothing in a lab can reach the machine's own network. Several labs live side by side. A lab
 * whose process has died is removed when the next one starts.
 *
 * <p>Thread-safe. Errors of the tools it calls come as {@link LabException}.
 */
public final class Lab implements AutoCloseable {
  private final String prefix;
  private final Namespaces namespaces;
  private final Scenario scenario;
  private final Addressing addressing;
  private final Path logs;
  private final Changes changes;
  private final List<String> events = new ArrayList<>();
  private @Nullable Timeline timeline;
  private int captures;
  private boolean closed;

  private Lab(String prefix, Scenario scenario, Path logs) {
    this.prefix = prefix;
    this.namespaces = new Namespaces(prefix);
    this.scenario = scenario;
    this.addressing = Addressing.of(scenario);
    this.logs = logs;
    this.changes = new Changes(scenario, addressing, namespaces, Registry.directory(prefix), logs);
  }

  /** What this machine lacks for labs, in one line; empty if they can run. */
  public static Optional<String> missing() {
    return Requirements.missing(List.of());
  }

  /**
   * What this machine lacks for this scenario with its servers, and for captures, in one line;
   * empty if it can run.
   */
  public static Optional<String> missing(Scenario scenario) {
    return Requirements.missing(scenario);
  }

  /**
   * Brings a scenario up, which takes well under a second without servers. Its happenings begin to
   * count when this returns.
   *
   * @param logs a directory for the output of processes and for captures; it is made if need be,
   *     and stays
   */
  public static Lab up(Scenario scenario, Path logs) {
    return up(scenario, logs, false);
  }

  /** Brings a scenario up, with its logs in a new temporary directory. */
  public static Lab up(Scenario scenario) {
    try {
      return up(scenario, Files.createTempDirectory("natlab"));
    } catch (IOException e) {
      throw new LabException("no temporary directory", e);
    }
  }

  /**
   * Brings a scenario up that stays when this process ends, until someone closes it: for commands.
   * Its happenings do not happen by themselves.
   */
  public static Lab keep(Scenario scenario, Path logs) {
    return up(scenario, logs, true);
  }

  private static Lab up(Scenario scenario, Path logs, boolean kept) {
    Registry.collect();
    Lab lab = null;
    try {
      Files.createDirectories(logs);
      Path directory = Registry.create(kept);
      lab = new Lab(directory.getFileName().toString(), scenario, logs.toAbsolutePath());
      Files.writeString(directory.resolve("scenario"), scenario.text());
      Files.writeString(directory.resolve("logs"), lab.logs.toString());
      lab.start(kept);
      return lab;
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (lab != null) {
        lab.close();
      }
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw e instanceof RuntimeException cause ? cause : new LabException("no lab", e);
    }
  }

  /** The prefixes of the labs that are up on this machine. */
  public static List<String> running() {
    Registry.collect();
    return Registry.prefixes();
  }

  /**
   * Takes hold of a running lab, also one of another process.
   *
   * @throws LabException if there is none of that prefix
   */
  public static Lab attach(String prefix) {
    Path directory = Registry.directory(prefix);
    try {
      Scenario scenario = Scenario.parse(Files.readString(directory.resolve("scenario")));
      Lab lab = new Lab(prefix, scenario, Path.of(Files.readString(directory.resolve("logs"))));
      lab.changes.recall();
      return lab;
    } catch (IOException e) {
      throw new LabException("no lab '" + prefix + "' is up", e);
    }
  }

  private void start(boolean kept) throws IOException, InterruptedException {
    changes.layOut();
    List<HostProcess> servers = new ArrayList<>();
    for (PublicHost host : scenario.publicHosts()) {
      if (host.servers().contains(Server.COTURN)) {
        servers.add(Coturn.start(host(host.name())));
      }
    }
    changes.startServers();
    for (HostProcess server : servers) {
      Coturn.awaitReady(server);
    }
    event("up");
    if (!kept) {
      timeline = new Timeline(scenario.happenings(), this::happenOrReport);
    }
  }

  /** What tells this lab's namespaces from those of others. */
  public String prefix() {
    return prefix;
  }

  public Scenario scenario() {
    return scenario;
  }

  /** Who has which address. */
  public Addressing addressing() {
    return addressing;
  }

  /** The directory of output and captures, which outlives the lab. */
  public Path logs() {
    return logs;
  }

  /**
   * A host, or the router of a home or carrier by its name and {@code .router}.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public Host host(String name) {
    if (name.endsWith(".router")) {
      String router = name.substring(0, name.length() - ".router".length());
      InetAddress outside = changes.router(router).outside();
      return new Host(name, namespaces.router(router), List.of(outside), logs);
    }
    return new Host(name, namespaces.host(name), addressing.host(name), logs);
  }

  /** Lets something happen now, and returns when it has. */
  public synchronized void happen(Happening happening) {
    if (closed) {
      return;
    }
    scenario.plus(Scenario.at(Duration.ZERO, happening));
    changes.apply(happening);
    event(Scenario.text(happening));
  }

  private void happenOrReport(Happening happening) {
    try {
      happen(happening);
    } catch (RuntimeException e) {
      event(Scenario.text(happening) + " failed: " + e.getMessage());
    }
  }

  /** What has happened so far, with times. */
  public synchronized List<String> events() {
    return List.copyOf(events);
  }

  private synchronized void event(String what) {
    events.add(Instant.now() + " " + prefix + " " + what);
  }

  /** Starts a capture of all that crosses the Internet, each packet seen on its way in and out. */
  public synchronized Capture capture() throws InterruptedException {
    Host core = new Host("core", namespaces.core(), List.of(), logs);
    return Capture.start(core, "any", logs.resolve("core-" + captures++ + ".pcap"));
  }

  /**
   * Starts a packet capture.
   *
   * @param host a host, or a router such as {@code alice.router}
   * @param networkInterface {@code wan} of a router or public host, {@code lan} of a router, {@code
   *     eth0} of a LAN host, or {@code any}
   */
  public synchronized Capture capture(String host, String networkInterface)
      throws InterruptedException {
    String name = host + "-" + networkInterface + "-" + captures++ + ".pcap";
    return Capture.start(host(host), networkInterface, logs.resolve(name));
  }

  /** A router's rules with its learnt mappings, and its connections. */
  public String tables(String router) {
    Host host = host(router + ".router");
    return host.run("nft", "list", "ruleset") + host.run("conntrack", "-L", "-o", "extended");
  }

  /** The tables of all routers, headed by their names. */
  public String tables() {
    StringBuilder text = new StringBuilder();
    for (String router : changes.routerNames()) {
      text.append("== ").append(router).append('\n').append(tables(router));
    }
    return text.toString();
  }

  /** How many connections a router tracks. */
  public int connections(String router) {
    return Integer.parseInt(host(router + ".router").run("conntrack", "-C").strip());
  }

  /** Ends everything that runs in the lab and removes it. Does nothing the second time. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      if (timeline != null) {
        timeline.close();
      }
      Registry.remove(prefix);
    }
  }

  /** The prefix. */
  @Override
  public String toString() {
    return prefix;
  }
}
