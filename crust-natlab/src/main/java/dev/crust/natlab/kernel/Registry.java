package dev.crust.natlab.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The labs of this machine: a directory each under {@code /run/crust-natlab}, named by the prefix.
 * Its file {@code owner} holds the owner's process id and start time, or {@code kept} if the lab is
 * to stay until it is taken down.
 */
final class Registry {
  private static final Path ROOT = Path.of("/run/crust-natlab");
  private static final String KEPT = "kept";

  private Registry() {}

  /** A new directory under a prefix that no other lab has. */
  static Path create(boolean kept) throws IOException {
    Files.createDirectories(ROOT);
    String prefix = "nl%06x".formatted(new SecureRandom().nextInt(1 << 24));
    Path hidden = Files.createDirectory(ROOT.resolve("." + prefix));
    Files.writeString(hidden.resolve("owner"), kept ? KEPT : self());
    // Renamed when it is complete, so that nobody takes it for an orphan meanwhile.
    return Files.move(hidden, ROOT.resolve(prefix));
  }

  static List<String> prefixes() {
    if (!Files.isDirectory(ROOT)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(ROOT)) {
      return entries
          .map(path -> path.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path directory(String prefix) {
    return ROOT.resolve(prefix);
  }

  /** Removes the labs whose owner has died. */
  static void collect() {
    for (String prefix : prefixes()) {
      if (isOrphan(prefix)) {
        remove(prefix);
      }
    }
  }

  static void remove(String prefix) {
    new Namespaces(prefix).delete();
    try (Stream<Path> files = Files.walk(directory(prefix))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      // Another process may be collecting the same orphan; the walk wraps what it meets on the way.
      if (!(e instanceof NoSuchFileException || e.getCause() instanceof NoSuchFileException)) {
        throw new LabException("cannot remove " + directory(prefix), e);
      }
    }
  }

  private static boolean isOrphan(String prefix) {
    try {
      String owner = Files.readString(directory(prefix).resolve("owner"));
      return !owner.equals(KEPT) && !owner.equals(identity(owner.split(" ", 2)[0]));
    } catch (IOException e) {
      return false;
    }
  }

  private static String self() {
    return identity(String.valueOf(ProcessHandle.current().pid()));
  }

  /** Process id and start time, since ids are used again. */
  private static String identity(String pid) {
    try {
      String stat = Files.readString(Path.of("/proc", pid, "stat"));
      // The second field is the command in brackets; the start time is field 22.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return pid + " " + fields[19];
    } catch (IOException e) {
      return "gone";
    }
  }
}
