package dev.crust.natlab.kernel;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A process on a host of the lab. Its output goes to files, which outlive it and the lab.
 * Thread-safe.
 */
public final class HostProcess {
  /** Hears what a process prints, on a thread of the process's own. */
  public interface Listener {
    /** It has printed a line. */
    void onLine(String line);

    /** It will print no more. */
    void onEnd();
  }

  private static final long POLL_MILLIS = 10;

  private final String name;
  private final Process process;
  private final Path output;
  private final Path errors;

  HostProcess(String name, Process process, Path output, Path errors) {
    this.name = name;
    this.process = process;
    this.output = output;
    this.errors = errors;
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Its standard input. */
  public OutputStream input() {
    return process.getOutputStream();
  }

  /** What it has printed so far. */
  public String output() {
    return read(output);
  }

  /** What it has printed to standard error so far. */
  public String errors() {
    return read(errors);
  }

  /**
   * Waits for its end.
   *
   * @return its exit code
   * @throws LabException if it runs for longer
   */
  public int await(Duration patience) throws InterruptedException {
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new LabException(name + " still runs after " + patience + "\n" + everything());
    }
    return process.exitValue();
  }

  /**
   * Waits until its output or errors contain a regular expression.
   *
   * @throws LabException if that does not happen in time, or it ends before
   */
  public void awaitOutput(String regex, Duration patience) throws InterruptedException {
    Pattern pattern = Pattern.compile(regex);
    long deadline = System.nanoTime() + patience.toNanos();
    boolean ended = false;
    while (!pattern.matcher(everything()).find()) {
      if (ended || System.nanoTime() > deadline) {
        throw new LabException(
            name + (ended ? " ended" : " ran on") + " without '" + regex + "'\n" + everything());
      }
      ended = process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Asks it to end (SIGTERM). */
  public void stop() {
    process.destroy();
  }

  /** Ends it (SIGKILL). */
  public void kill() {
    process.destroyForcibly();
  }

  private String everything() {
    return output() + errors();
  }

  /** Unlike {@link Files#readString} it bears what is no text, or ends in mid-character. */
  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its command and process id. */
  @Override
  public String toString() {
    return name + "[" + pid() + "]";
  }
}
