package dev.crust.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/**
 * Options whose methods a later version brings: they are read and checked, and named in one
 * warning.
 */
final class LaterOptions {
  @ArgGroup private Cache cache = new Cache();

  /** One of them. */
  static final class Cache {
    @Option(
        names = "--cache",
        paramLabel = "FILE",
        converter = Converters.File.class,
        description = "bootstrap cache (later)")
    private @Nullable Path file;

    /** What it asks for is what this version does. */
    @SuppressWarnings("UnusedVariable")
    @Option(names = "--no-cache", description = "keep no bootstrap cache")
    private boolean none;
  }

  @Option(
      names = "--turn",
      paramLabel = "turn:HOST:PORT?transport=udp",
      converter = Converters.Turn.class,
      description = "a TURN server as relay (later)")
  private @Nullable String turn;

  @Option(names = "--turn-user", paramLabel = "U", description = "its user (later)")
  private @Nullable String turnUser;

  @Option(
      names = "--turn-password-file",
      paramLabel = "F",
      converter = Converters.File.class,
      description = "the file with the user's password (later)")
  private @Nullable Path turnPasswordFile;

  @Option(names = "--no-port-mapping", description = "ask no router for a port (later)")
  private boolean noPortMapping;

  /** Refuses what no version could do. */
  void check() throws CommandFailure {
    if (turn == null && (turnUser != null || turnPasswordFile != null)) {
      throw CommandFailure.usage("--turn-user and --turn-password-file need --turn beside them");
    }
    if (turnPasswordFile != null && !Files.isReadable(turnPasswordFile)) {
      throw CommandFailure.usage(
          "the file '" + turnPasswordFile + "' of --turn-password-file cannot be read");
    }
  }

  /** Those that were given, by name. */
  List<String> given() {
    Map<String, Boolean> given =
        Map.of(
            "--cache",
            cache.file != null,
            "--turn",
            turn != null,
            "--no-port-mapping",
            noPortMapping);
    return given.entrySet().stream()
        .filter(Map.Entry::getValue)
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }
}
