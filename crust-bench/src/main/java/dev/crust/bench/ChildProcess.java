package dev.crust.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A {@link Child} in a JVM of its own, which answers each line with one line. Used by one thread.
 * It is ended when closed.
 */
final class ChildProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final String role;
  private final Process process;
  private final BlockingQueue<Optional<String>> answers = new LinkedBlockingQueue<>();

  private ChildProcess(String role, Process process) {
    this.role = role;
    this.process = process;
    Thread reader = new Thread(this::read, "output of " + role);
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a child on the network of the thread that calls. */
  static ChildProcess start(String role, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 24) {
      command.addAll(
          List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    }
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Child.class.getName(), role));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new ChildProcess(role, process);
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        answers.add(Optional.of(line));
      }
    } catch (IOException e) {
      // Killed: no more answers, which is what the next line says.
    }
    answers.add(Optional.empty());
  }

  /**
   * What it answers to a line.
   *
   * @throws IOException if it has ended, or does not answer
   */
  String ask(String line) throws IOException, InterruptedException {
    OutputStream in = process.getOutputStream();
    in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
    return answer(line);
  }

  private String answer(String question) throws IOException, InterruptedException {
    Optional<String> answer = answers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (answer == null) {
      throw new IOException("the process '%s' does not answer '%s'".formatted(role, question));
    }
    return answer.orElseThrow(
        () -> new IOException("the process '%s' ended at '%s'".formatted(role, question)));
  }

  /**
   * Lets time pass.
   *
   * @throws IOException if it has ended meanwhile
   */
  void rest(Duration time) throws IOException, InterruptedException {
    if (process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException("the process '%s' ended before its time".formatted(role));
    }
  }

  /**
   * Ends its input, and waits for its end.
   *
   * @return whether it ended by itself, without a failure
   */
  boolean finish() throws IOException, InterruptedException {
    process.getOutputStream().close();
    return process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
