package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.EOFException;
import java.io.IOException;

/** What a stream between two command lines is for: its first byte, from the side that opens it. */
enum StreamKind {
  /** Standard input and output, as {@link StdioWriter} has them. */
  STDIO(1),
  /** Bytes for {@link BenchServer} to swallow. */
  SINK(2),
  /** Bytes from {@link BenchServer}, until nobody wants more. */
  SOURCE(3);

  private final int code;

  StreamKind(int code) {
    this.code = code;
  }

  /** Says at the start of a stream what it is for. */
  void open(PeerStream stream) throws IOException {
    stream.output().write(code);
  }

  /** Hears what a stream is for. */
  static StreamKind of(PeerStream stream) throws IOException {
    int code = stream.input().read();
    if (code < 0) {
      throw new EOFException("the stream ended before it began");
    }
    for (StreamKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IOException("a stream of unknown kind: " + code);
  }
}
