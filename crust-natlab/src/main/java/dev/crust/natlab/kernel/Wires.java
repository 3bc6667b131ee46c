package dev.crust.natlab.kernel;

import dev.crust.natlab.scenario.Link;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The lines of a lab: one process in the namespace of {@link Namespaces#wires}, told by a named
 * pipe. It outlives this JVM if the lab is kept.
 */
final class Wires {
  private static final double MILLION = 1_000_000;

  private final Path control;

  Wires(Path directory) {
    control = directory.resolve("wires");
  }

  /** Starts the process and returns when it carries frames; no line is up yet. */
  void start(String namespace, int lines, Path log) throws IOException {
    Shell.run(List.of("mkfifo", "-m", "600", control.toString()));
    List<String> command = new ArrayList<>(Namespaces.enter(namespace));
    command.addAll(List.of(Programs.wires().toString(), control.toString(), String.valueOf(lines)));
    Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      if (!"ready".equals(output.readLine())) {
        throw new LabException("the lines do not start: " + Files.readString(log).strip());
      }
    }
  }

  void set(int line, boolean up, Link link) {
    String text =
        "%d %d %d %d %d %d %d %d%n"
            .formatted(
                line,
                up ? 1 : 0,
                link.delay().toNanos(),
                link.jitter().toNanos(),
                Math.round(link.loss() * MILLION),
                Math.round(link.reorder() * MILLION),
                link.bitsPerSecond(),
                link.queueBytes());
    try {
      Files.writeString(control, text, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new LabException("the lines cannot be told", e);
    }
  }
}
