package dev.crust.proto.reachability;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What goes over a stream of {@link #SERVICE}: a question one way, its answer the other, each after
 * its length. Reads one of them, in whatever pieces it comes. Not thread-safe.
 */
public final class DialBackStream {
  /** The number of the service by which peers dial back. */
  public static final int SERVICE = 3;

  /** The longest message, in bytes: a question about eight addresses, and what it pays for them. */
  static final int MAX_LENGTH = DialBackMessages.MAX_PROBES * (DialBackMessages.PRICE + 64);

  /** As many bytes may a length below that take. */
  private static final int MAX_LENGTH_BYTES = 2;

  private ByteBuffer gathered = ByteBuffer.allocate(0);
  private int length;
  private int lengthBytes;
  private boolean lengthKnown;

  /** One at its beginning. */
  public DialBackStream() {}

  /** A message with its length before it. */
  public static ByteBuffer encode(byte[] body) {
    ByteBuffer out = ByteBuffer.allocate(Varint.length(body.length) + body.length);
    Varint.write(out, body.length);
    return out.put(body).flip();
  }

  /**
   * Takes bytes until the message is there, and leaves what follows.
   *
   * @return the message; empty if more of it is to come
   * @throws MalformedMessageException if it is too long: the stream is of no use any more
   */
  public Optional<byte[]> read(ByteBuffer in) throws MalformedMessageException {
    while (!lengthKnown && in.hasRemaining()) {
      byte next = in.get();
      length |= (next & 0x7f) << (7 * lengthBytes++);
      lengthKnown = next >= 0;
      if (length > MAX_LENGTH || (!lengthKnown && lengthBytes == MAX_LENGTH_BYTES)) {
        throw new MalformedMessageException("a message about dial-backs that is too long");
      }
      if (lengthKnown) {
        gathered = ByteBuffer.allocate(length);
      }
    }
    int part = Math.min(in.remaining(), gathered.remaining());
    gathered.put(in.slice(in.position(), part));
    in.position(in.position() + part);
    return lengthKnown && !gathered.hasRemaining()
        ? Optional.of(gathered.array())
        : Optional.empty();
  }
}
