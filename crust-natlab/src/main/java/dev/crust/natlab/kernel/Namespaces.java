package dev.crust.natlab.kernel;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** The network namespaces of one lab, told from others by their prefix. */
record Namespaces(String prefix) {
  private static final Duration ENTRY_PATIENCE = Duration.ofSeconds(2);

  private static final Path ROOT = Path.of("/run/netns");

  /** The namespace of a host. */
  String host(String name) {
    return prefix + "-" + name;
  }

  /** The namespace of a home's or carrier's router. */
  String router(String name) {
    return prefix + "-" + name + ".router";
  }

  /** The namespace of the router that stands for the Internet. */
  String core() {
    return prefix + ".core";
  }

  /** The namespace that the lines run through; nothing in it has an address. */
  String wires() {
    return prefix + ".wires";
  }

  static Path path(String namespace) {
    return ROOT.resolve(namespace);
  }

  /** Words that run what follows them in a namespace, as the same process. */
  static List<String> enter(String namespace) {
    return List.of("nsenter", "--net=" + path(namespace), "--");
  }

  List<String> existing() {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(ROOT)) {
      for (String separator : List.of("-", ".")) {
        try (DirectoryStream<Path> found =
            Files.newDirectoryStream(ROOT, prefix + separator + "*")) {
          found.forEach(path -> names.add(path.getFileName().toString()));
        } catch (IOException e) {
          throw new LabException("cannot list " + ROOT, e);
        }
      }
    }
    return names;
  }

  /** Ends what runs in the namespaces and deletes them. */
  void delete() {
    List<String> names = existing();
    endProcesses(names);
    StringBuilder batch = new StringBuilder();
    // Two that start at once may collect the same orphan: what is gone already is well gone.
    names.forEach(
        name ->
            batch.append(
                "ip netns del %1$s || test ! -e %2$s || exit 1\n".formatted(name, path(name))));
    if (!names.isEmpty()) {
      Shell.run(List.of("sh", "-c", batch.toString()));
    }
  }

  private static void endProcesses(List<String> names) {
    Set<String> inodes = names.stream().map(Namespaces::inode).collect(Collectors.toSet());
    List<ProcessHandle> ended =
        ProcessHandle.allProcesses()
            .filter(process -> process.pid() != ProcessHandle.current().pid())
            .filter(process -> inodes.contains(namespaceOf(process.pid())))
            .toList();
    ended.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle process : ended) {
      try {
        process.onExit().get(5, TimeUnit.SECONDS);
      } catch (TimeoutException | ExecutionException e) {
        throw new LabException("process " + process.pid() + " does not end", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /**
   * Waits until a process that was just started has entered its namespace, for only then will
   * {@link #delete} find it.
   */
  static void awaitEntry(String namespace, Process process) {
    String inode = inode(namespace);
    long end = System.nanoTime() + ENTRY_PATIENCE.toNanos();
    while (process.isAlive()
        && !inode.equals(namespaceOf(process.pid()))
        && System.nanoTime() < end) {
      LockSupport.parkNanos(100_000);
    }
  }

  private static String inode(String namespace) {
    try {
      return "net:[" + Files.getAttribute(path(namespace), "unix:ino") + "]";
    } catch (IOException e) {
      return "";
    }
  }

  private static String namespaceOf(long pid) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net")).toString();
    } catch (IOException e) {
      return "gone";
    }
  }
}
