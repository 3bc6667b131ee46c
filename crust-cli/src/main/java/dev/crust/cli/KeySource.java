package dev.crust.cli;

import dev.crust.Identity;
import dev.crust.KeyFileException;
import java.io.IOException;
import java.nio.file.Path;

/** Where the identity of an endpoint comes from. */
sealed interface KeySource {
  /** A file that the user named: this one or none. */
  record NamedFile(Path file) implements KeySource {}

  /** The file that is taken when nothing is said. */
  record DefaultFile(Path file) implements KeySource {}

  /** A new key that is kept nowhere. */
  record InMemory() implements KeySource {}

  /** The identity, made if need be. */
  default Identity load() throws CommandFailure {
    if (this instanceof NamedFile it) {
      return load(it.file());
    } else if (this instanceof DefaultFile it) {
      return load(it.file());
    }
    return Identity.ephemeral();
  }

  private static Identity load(Path file) throws CommandFailure {
    try {
      return Identity.load(file);
    } catch (KeyFileException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw CommandFailure.usage(
          "the key file '" + file + "' can be neither read nor made: " + FileTrouble.of(e));
    }
  }
}
