package dev.crust.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Where a command reads and writes.
 *
 * @param in standard input
 * @param out standard output
 * @param err standard error
 * @param colours whether standard output is a terminal that shows colours
 * @param home the user's home directory
 */
record Streams(InputStream in, OutputStream out, PrintStream err, boolean colours, Path home) {

  /** Those of this process; text is UTF-8 whatever the locale says. */
  static Streams ofProcess(boolean colours) {
    // user.home is what the password file says; people and tests redirect HOME.
    String home = System.getenv("HOME");
    return new Streams(
        new FileInputStream(FileDescriptor.in),
        new FileOutputStream(FileDescriptor.out),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        colours,
        Path.of(home == null || home.isEmpty() ? System.getProperty("user.home") : home));
  }

  /** Says something to the person at the terminal: one line. */
  void say(String sentence) {
    err.println("crust: " + Text.printable(sentence));
  }
}
