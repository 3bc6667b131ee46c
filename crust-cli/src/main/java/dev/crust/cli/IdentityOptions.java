package dev.crust.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Whose key a command uses. */
final class IdentityOptions {
  @ArgGroup private Choice choice = new Choice();

  /** One of them. */
  static final class Choice {
    @Option(
        names = "--identity",
        paramLabel = "FILE",
        converter = Converters.File.class,
        description = "key file, made if absent (~/.config/crust/identity)")
    private @Nullable Path file;

    @Option(names = "--ephemeral", description = "take a new key, in memory only")
    private boolean ephemeral;
  }

  /** The choice made; without one the config's file, and without that the default file. */
  KeySource source(Optional<Path> configured, Path home) {
    if (choice.ephemeral) {
      return new KeySource.InMemory();
    }
    if (choice.file != null) {
      return new KeySource.NamedFile(choice.file);
    }
    return configured.isPresent()
        ? new KeySource.NamedFile(configured.get())
        : new KeySource.DefaultFile(home.resolve(".config/crust/identity"));
  }
}
