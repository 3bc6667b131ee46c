package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;

/**
 * Standard input and output as the other end of a stream. It is complete when both inputs have
 * ended, and each side has told the other that all of it is out; whatever else ends it is a
 * failure.
 */
final class Conversation {
  /** Which side of the stream this is. The one that opened it finishes first. */
  enum Side {
    /** Has opened the stream. */
    CALLER,
    /** Has accepted it. */
    CALLED
  }

  private final Side side;
  private final Stdin stdin;
  private final ByteSink sink;
  private final PeerStream stream;
  private long received;

  Conversation(Side side, Stdin stdin, ByteSink sink, PeerStream stream) {
    this.side = side;
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
   * Carries bytes both ways until both inputs have ended. When this returns, all that came is out,
   * and all that went is out on the other side. The side that was called closes the stream then.
   *
   * @throws OutputBrokenException if our output breaks; the peer is told
   * @throws IOException if anything is missing, on either side
   */
  void run() throws IOException {
    StdioWriter writer = new StdioWriter(stream.output());
    stdin.attach(stream, writer);
    try {
      converse(writer);
    } catch (IOException e) {
      IOException failure = stdin.failure();
      throw failure == null ? e : failure;
    } finally {
      stdin.detach();
    }
    part();
  }

  private void converse(StdioWriter writer) throws IOException {
    DataInputStream input = new DataInputStream(stream.input());
    byte[] piece = new byte[StdioWriter.PIECE];
    boolean ended = false;
    boolean delivered = false;
    while (!ended || !delivered) {
      int length = length(input);
      if (length > 0 && length <= piece.length && !ended) {
        fill(input, piece, length);
        take(piece, length);
      } else if (length == StdioWriter.END && !ended) {
        ended = true;
        writer.received();
        stdin.onPeerEnded();
      } else if (length == StdioWriter.RECEIVED && writer.endSaid() && !delivered) {
        delivered = true;
      } else {
        throw new IOException("the other side sent what no 'crust connect' sends");
      }
    }
  }

  private static int length(DataInputStream input) throws IOException {
    try {
      return input.readInt();
    } catch (EOFException e) {
      throw endedTooEarly();
    }
  }

  private static void fill(DataInputStream input, byte[] piece, int length) throws IOException {
    try {
      input.readFully(piece, 0, length);
    } catch (EOFException e) {
      throw endedTooEarly();
    }
  }

  private static EOFException endedTooEarly() {
    return new EOFException("the other side ended the stream before all had arrived");
  }

  private void take(byte[] piece, int length) throws IOException {
    try {
      sink.take(piece, length);
    } catch (IOException e) {
      stream.reset(StreamTrouble.OUTPUT_BROKEN.code());
      throw new OutputBrokenException(e);
    }
    received += length;
  }

  /**
   * All is delivered, and what becomes of the stream now does not matter. The caller stays until
   * the other side has heard so, too.
   */
  private void part() {
    if (side == Side.CALLER) {
      stream.finish();
    }
    try {
      if (stream.input().read() >= 0) {
        stream.input().close();
      }
    } catch (IOException e) {
      // The connection is over: nothing is owed to anybody.
    }
  }

  /** What to print when it is over. */
  Notice.StreamEnded ended(String reason) {
    return new Notice.StreamEnded(
        stream.connection().peer(), stream.id(), stdin.sent(), received, reason);
  }
}
