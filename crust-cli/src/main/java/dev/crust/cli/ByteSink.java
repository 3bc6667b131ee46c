package dev.crust.cli;

import java.io.IOException;
import java.io.OutputStream;

/** Where the bytes of a stream go. */
interface ByteSink {
  /** Takes bytes, and returns when they are out. */
  void take(byte[] bytes, int length) throws IOException;

  /** Straight to standard output. */
  static ByteSink raw(OutputStream out) {
    return (bytes, length) -> {
      out.write(bytes, 0, length);
      out.flush();
    };
  }
}
