package dev.crust.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Standard output: one notice at a time, each flushed at once. Thread-safe. */
final class Output {
  private final OutputStream out;
  private final Function<Notice, Optional<String>> format;
  private final CompletableFuture<Void> broken = new CompletableFuture<>();

  Output(OutputStream out, Function<Notice, Optional<String>> format) {
    this.out = out;
    this.format = format;
  }

  void print(Notice notice) {
    try {
      write(notice);
    } catch (IOException e) {
      // Whoever waits for that is told.
    }
  }

  /** The same for one who must know when nobody reads any more. */
  void write(Notice notice) throws IOException {
    Optional<String> line = format.apply(notice);
    if (line.isPresent()) {
      write(line.get() + "\n");
    }
  }

  private synchronized void write(String text) throws IOException {
    try {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      broken.complete(null);
      throw e;
    }
  }

  /** Completes when nobody reads any more. */
  CompletionStage<Void> broken() {
    return broken.copy();
  }
}
