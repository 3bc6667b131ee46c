package dev.crust.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The program as a process of its own, and what it prints. Killed when closed. */
final class CrustProcess implements AutoCloseable {
  /** Longer than anything here takes, even on a busy machine. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final Path errors;
  private final Thread reader;
  private final List<JsonNode> lines = new ArrayList<>();
  private boolean ended;

  private CrustProcess(Process process, Path errors) {
    this.process = process;
    this.errors = errors;
    this.reader = new Thread(this::read, "output of " + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Runs {@code crust … --json}, at home in this directory. */
  static CrustProcess start(Path home, String... args) throws IOException {
    return start(List.of(), home, args);
  }

  /** Runs it by another program, such as {@code ip netns exec NAME}. */
  static CrustProcess start(List<String> by, Path home, String... args) throws IOException {
    Path errors = Files.createTempFile(home, "stderr", ".txt");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    // Many short-lived JVMs on few cores: those flags halve their start.
    List<String> command =
        Stream.of(
                by.stream(),
                Stream.of(java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                quiet(),
                Stream.of("-cp", System.getProperty("java.class.path"), Main.class.getName()),
                Stream.of(args),
                Stream.of("--json"))
            .flatMap(it -> it)
            .toList();
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().put("HOME", home.toString());
    return new CrustProcess(builder.start(), errors);
  }

  /** What the launcher passes, too: else these JDKs warn on standard error. */
  private static Stream<String> quiet() {
    return Runtime.version().feature() < 24
        ? Stream.of()
        : Stream.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        JsonNode event = JSON.readTree(line);
        synchronized (lines) {
          lines.add(event);
          lines.notifyAll();
        }
      }
    } catch (IOException e) {
      // Killed, or a line that is no JSON, which leaves somebody waiting in vain.
    } finally {
      synchronized (lines) {
        ended = true;
        lines.notifyAll();
      }
    }
  }

  /** The first event of this name, as soon as there is one. */
  JsonNode await(String name) throws InterruptedException {
    return await(name, event -> true);
  }

  /** The first event of this name that is as it should be, as soon as there is one. */
  JsonNode await(String name, Predicate<JsonNode> such) throws InterruptedException {
    return awaitFrom(0, name, such);
  }

  /** The same, looking only at what is printed after so many events. */
  JsonNode awaitFrom(int from, String name, Predicate<JsonNode> such) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    synchronized (lines) {
      for (int seen = from; ; seen++) {
        while (seen >= lines.size()) {
          long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
          if (ended || left <= 0) {
            throw new AssertionError(
                "no such '" + name + "' among " + lines + ", and on stderr: " + errors());
          }
          lines.wait(left);
        }
        JsonNode event = lines.get(seen);
        if (event.path("event").asText().equals(name) && such.test(event)) {
          return event;
        }
      }
    }
  }

  /** As many events as were printed so far. */
  int count() {
    synchronized (lines) {
      return lines.size();
    }
  }

  /** Everything printed so far. */
  List<JsonNode> events() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** All events of this name so far. */
  List<JsonNode> events(String name) {
    return events().stream().filter(it -> it.path("event").asText().equals(name)).toList();
  }

  /** Waits until it listens; its address. */
  String address() throws InterruptedException {
    return await("listening").get("address").asText();
  }

  /** Waits until it listens; its id. */
  String id() throws InterruptedException {
    return await("listening").get("id").asText();
  }

  /** Types a line. */
  void type(String line) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  /** Gives it bytes, as fast as it takes them. */
  void feed(byte[] bytes) throws IOException {
    process.getOutputStream().write(bytes);
    process.getOutputStream().flush();
  }

  /** Ends its input. */
  void endInput() throws IOException {
    process.getOutputStream().close();
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** Stops it, and waits until each of its threads has: on a busy machine some run on a while. */
  void stop() throws IOException, InterruptedException {
    signal("STOP");
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!isStopped()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("it goes on although it was told to stop");
      }
      Thread.onSpinWait();
    }
  }

  /** Off Linux nobody says. */
  private boolean isStopped() throws IOException {
    Path threads = Path.of("/proc", Long.toString(process.pid()), "task");
    if (!Files.exists(threads)) {
      return true;
    }
    try (DirectoryStream<Path> each = Files.newDirectoryStream(threads)) {
      for (Path thread : each) {
        String stat = Files.readString(thread.resolve("stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException e) {
      // A thread has just ended, so others may run, too.
      return false;
    }
  }

  /** Waits for its end and for all of its output. */
  int exitCode() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("it goes on and on: " + events());
    }
    reader.join(PATIENCE.toMillis());
    return process.exitValue();
  }

  /** What it said on standard error. */
  String errors() {
    try {
      return Files.readString(errors);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
