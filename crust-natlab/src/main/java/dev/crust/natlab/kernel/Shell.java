package dev.crust.natlab.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs short commands to their end. */
final class Shell {
  private static final int PATIENCE_SECONDS = 30;

  private Shell() {}

  /** Runs a script that stops at its first error; its text is kept in the given file. */
  static String script(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new LabException("cannot write " + file, e);
    }
    return run(List.of("sh", "-e", file.toString()));
  }

  /** Runs a command and returns what it printed. */
  static String run(List<String> command) {
    Path errors = null;
    try {
      errors = Files.createTempFile("natlab", ".err");
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
              .redirectError(errors.toFile())
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new LabException(command + " does not end");
      }
      if (process.exitValue() != 0) {
        throw new LabException(
            String.join(" ", command)
                + " failed with "
                + process.exitValue()
                + ": "
                + Files.readString(errors).strip());
      }
      return output;
    } catch (IOException e) {
      throw new LabException("cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted in " + command, e);
    } finally {
      deleteQuietly(errors);
    }
  }

  private static void deleteQuietly(@org.jspecify.annotations.Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // A stray temporary file harms nobody.
    }
  }
}
