package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** The node's side of {@code crust bench}. */
final class BenchServer implements StreamDoor.Service {
  @Override
  public void serve(StreamKind kind, PeerStream stream) throws IOException {
    if (kind == StreamKind.SINK) {
      swallow(stream);
    } else {
      pour(stream);
    }
  }

  /** Reads to the end, and says how many bytes that were. */
  private static void swallow(PeerStream stream) throws IOException {
    byte[] chunk = new byte[Stdin.CHUNK];
    InputStream input = stream.input();
    long count = 0;
    for (int length = input.read(chunk); length >= 0; length = input.read(chunk)) {
      count += length;
    }
    new DataOutputStream(stream.output()).writeLong(count);
    stream.close();
  }

  /** Writes until the peer has enough, and resets the stream. */
  private static void pour(PeerStream stream) throws IOException {
    byte[] chunk = new byte[Stdin.CHUNK];
    while (true) {
      stream.output().write(chunk);
    }
  }
}
