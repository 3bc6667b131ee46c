package dev.crust.natlab.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A host of a running lab: a place to run code and processes. Thread-safe.
 *
 * <p>A socket belongs for good to the host whose thread opened it, whichever thread uses it later.
 */
public final class Host {
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final String name;
  private final String namespace;
  private final List<InetAddress> addresses;
  private final Path directory;

  Host(String name, String namespace, List<InetAddress> addresses, Path directory) {
    this.name = name;
    this.namespace = namespace;
    this.addresses = List.copyOf(addresses);
    this.directory = directory;
  }

  /** Its name in the scenario; a router's ends in {@code .router}. */
  public String name() {
    return name;
  }

  /** Its addresses, IPv4 first: those of its first network. */
  public List<InetAddress> addresses() {
    return addresses;
  }

  /** Its first address. */
  public Inet4Address address() {
    return (Inet4Address) addresses.get(0);
  }

  /**
   * Runs code on this host, by a new thread that has entered its namespace, and waits for it.
   *
   * @throws Exception what the code threw
   */
  public <T> T call(Callable<T> code) throws Exception {
    FutureTask<T> task = new FutureTask<>(code);
    Thread thread = threads().newThread(task);
    thread.start();
    try {
      return task.get();
    } catch (InterruptedException e) {
      thread.interrupt();
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Makes daemon threads that live on this host. */
  public ThreadFactory threads() {
    Path path = Namespaces.path(namespace);
    return task -> {
      Thread thread =
          new Thread(
              () -> {
                Setns.enter(path);
                task.run();
              },
              name + "-" + COUNT.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Starts a process on this host. It is ended with the lab at the latest.
   *
   * @throws LabException if there is no such program
   */
  public HostProcess start(String... command) {
    return start(List.of(command));
  }

  /**
   * Starts a process on this host. It is ended with the lab at the latest.
   *
   * @throws LabException if there is no such program
   */
  public HostProcess start(List<String> command) {
    Started started = start(command, Map.of(), false);
    return started.handle();
  }

  /**
   * Starts a process on this host and listens to its output, which goes to its file as well.
   *
   * @param environment variables that it has beside this JVM's
   * @throws LabException if there is no such program
   */
  public HostProcess start(
      List<String> command, Map<String, String> environment, HostProcess.Listener listener) {
    Started started = start(command, environment, true);
    Thread reader =
        new Thread(() -> pass(started.process(), started.output(), listener), name + "-output");
    reader.setDaemon(true);
    reader.start();
    return started.handle();
  }

  private record Started(Process process, Path output, HostProcess handle) {}

  private Started start(List<String> command, Map<String, String> environment, boolean heard) {
    List<String> words = new ArrayList<>(Namespaces.enter(namespace));
    words.addAll(command);
    String program = String.valueOf(Path.of(command.get(0)).getFileName());
    String label = name + "-" + program + "-" + COUNT.incrementAndGet();
    Path output = directory.resolve(label + ".out");
    Path errors = directory.resolve(label + ".err");
    try {
      // So that it can be read at once; an earlier run may have left one.
      Files.write(output, new byte[0]);
      ProcessBuilder builder = new ProcessBuilder(words).redirectError(errors.toFile());
      if (!heard) {
        builder.redirectOutput(output.toFile());
      }
      builder.environment().putAll(environment);
      Process process = builder.start();
      Namespaces.awaitEntry(namespace, process);
      return new Started(process, output, new HostProcess(label, process, output, errors));
    } catch (IOException e) {
      throw new LabException("cannot start " + command, e);
    }
  }

  private static void pass(Process process, Path output, HostProcess.Listener listener) {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
        Writer file = Files.newBufferedWriter(output)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        file.write(line + "\n");
        file.flush();
        listener.onLine(line);
      }
    } catch (IOException e) {
      // Killed in mid-line: there is nobody to tell but the listener, who hears of the end.
    } finally {
      listener.onEnd();
    }
  }

  /** Runs a short command to its end and returns what it printed. */
  String run(String... command) {
    List<String> words = new ArrayList<>(Namespaces.enter(namespace));
    words.addAll(List.of(command));
    return Shell.run(words);
  }

  /** Starts a process that shares this one's input and output: for people at a shell. */
  public Process attach(List<String> command) throws IOException {
    List<String> words = new ArrayList<>(Namespaces.enter(namespace));
    words.addAll(command);
    return new ProcessBuilder(words).inheritIO().start();
  }

  /** The name. */
  @Override
  public String toString() {
    return name;
  }
}
