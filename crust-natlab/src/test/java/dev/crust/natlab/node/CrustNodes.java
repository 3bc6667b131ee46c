package dev.crust.natlab.node;

import dev.crust.cli.Main;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.kernel.Lab;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Starts the command line on hosts of a lab, each process in a JVM and a home directory of its own.
 * All it prints goes to the report of a failure. Thread-safe.
 *
 * @param lab ends what was started when it is closed
 * @param log what the report of a failure has
 */
record CrustNodes(Lab lab, EventLog log) {

  /** Runs {@code crust node} on a host. */
  CrustNode start(String host, String... options) throws IOException {
    return run(host, Stream.concat(Stream.of("node"), Stream.of(options)).toArray(String[]::new));
  }

  /** Runs {@code crust WORDS --json} on a host. */
  CrustNode run(String host, String... words) throws IOException {
    Path home = Files.createTempDirectory(lab.logs(), host + "-home");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Many short-lived JVMs on few cores: those flags halve their start.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    // What the launcher passes, too: else these JDKs warn on standard error.
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(program());
    command.addAll(List.of(words));
    command.add("--json");
    CrustNode node = new CrustNode(host, log);
    node.started(lab.host(host).start(command, Map.of("HOME", home.toString()), node));
    return node;
  }

  /** The jar with its libraries beside it; where there is none yet, the classes it is made of. */
  private static List<String> program() {
    try {
      Path place = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.isDirectory(place)
          ? List.of("-cp", System.getProperty("java.class.path"), Main.class.getName())
          : List.of("-jar", place.toString());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
