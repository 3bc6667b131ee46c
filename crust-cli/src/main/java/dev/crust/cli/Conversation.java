package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.IOException;
import java.io.InputStream;

/** Standard input and output as the other end of a stream. */
final class Conversation {
  private final Stdin stdin;
  private final ByteSink sink;
  private final PeerStream stream;
  private long received;

  Conversation(Stdin stdin, ByteSink sink, PeerStream stream) {
    this.stdin = stdin;
    this.sink = sink;
    this.stream = stream;
  }

  /** Nobody reads standard output any more. */
  static final class OutputBrokenException extends IOException {
    private static final long serialVersionUID = 1L;

    OutputBrokenException(IOException cause) {
      super("nobody reads standard output any more", cause);
    }
  }

  /**
   * Carries bytes both ways until both have ended. All that came is out when this returns.
   *
   * @throws OutputBrokenException if our output breaks; the peer is told
   */
  void run() throws IOException, InterruptedException {
    stdin.attach(stream);
    try {
      receive();
      stdin.settle();
      stream.close();
    } finally {
      stdin.detach();
    }
  }

  private void receive() throws IOException {
    byte[] chunk = new byte[Stdin.CHUNK];
    InputStream input = stream.input();
    for (int length = input.read(chunk); length >= 0; length = input.read(chunk)) {
      try {
        sink.take(chunk, length);
      } catch (IOException e) {
        stream.reset(StreamTrouble.OUTPUT_BROKEN.code());
        throw new OutputBrokenException(e);
      }
      received += length;
    }
  }

  /** What to print when it is over. */
  Notice.StreamEnded ended(String reason) {
    return new Notice.StreamEnded(
        stream.connection().peer(), stream.id(), stdin.sent(), received, reason);
  }
}
