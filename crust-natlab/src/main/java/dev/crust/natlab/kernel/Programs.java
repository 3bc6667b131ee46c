package dev.crust.natlab.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Programs the lab makes for itself, once for each version, in the user's cache directory. */
final class Programs {
  private Programs() {}

  /** The program that carries frames over the lines, compiled from its source. */
  static Path wires() {
    byte[] source = resource("wires.c");
    return made(
        "wires",
        source,
        target -> {
          Path file = target.resolveSibling(target.getFileName() + ".c");
          Files.write(file, source);
          Shell.run(List.of("gcc", "-O2", "-o", target.toString(), file.toString()));
          Files.delete(file);
        });
  }

  static boolean hasWires() {
    return Files.isExecutable(cached("wires", resource("wires.c"))) || find("gcc").isPresent();
  }

  /** A copy of a program of this machine with some bytes changed. */
  static Path altered(Path program, UnaryOperator<byte[]> change) {
    try {
      byte[] original = Files.readAllBytes(program);
      return made(
          program.getFileName().toString(),
          original,
          target -> Files.write(target, change.apply(original)));
    } catch (IOException e) {
      throw new LabException("cannot read " + program, e);
    }
  }

  /** Where a program lies on this machine. */
  static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
    return Stream.of(path.split(":", -1))
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @FunctionalInterface
  private interface Maker {
    void make(Path target) throws IOException;
  }

  private static Path made(String name, byte[] origin, Maker maker) {
    Path program = cached(name, origin);
    if (Files.isExecutable(program)) {
      return program;
    }
    try {
      Files.createDirectories(program.getParent());
      Path draft = Files.createTempFile(program.getParent(), name, ".draft");
      maker.make(draft);
      if (!draft.toFile().setExecutable(true)) {
        throw new IOException("cannot make executable: " + draft);
      }
      // Moved into place, so that two labs may make it at the same time.
      return Files.move(draft, program, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LabException("cannot make " + program, e);
    }
  }

  private static Path cached(String name, byte[] origin) {
    String home = System.getenv("XDG_CACHE_HOME");
    Path cache =
        home != null && !home.isEmpty()
            ? Path.of(home)
            : Path.of(System.getProperty("user.home"), ".cache");
    return cache.resolve("crust-natlab").resolve(name + "-" + hash(origin));
  }

  private static String hash(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return "%064x".formatted(new BigInteger(1, digest)).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] resource(String name) {
    try (InputStream in = Programs.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
