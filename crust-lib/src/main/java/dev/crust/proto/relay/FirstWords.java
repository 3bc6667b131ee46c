package dev.crust.proto.relay;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads the message at the beginning of a stream, in whatever pieces it comes, and leaves what
 * follows. Not thread-safe.
 */
public final class FirstWords {
  /** As many bytes may a length below {@link RelayMessage#MAX_LENGTH} take. */
  private static final int MAX_LENGTH_BYTES = 2;

  private final ByteBuffer gathered = ByteBuffer.allocate(RelayMessage.MAX_LENGTH);
  private int length;
  private int lengthBytes;
  private boolean lengthKnown;

  /**
   * Takes bytes until the message is there.
   *
   * @return the message; empty if more of it is to come
   * @throws MalformedMessageException if it is not well-formed, too long, or of a later version
   */
  public Optional<RelayMessage> read(ByteBuffer in) throws MalformedMessageException {
    while (!lengthKnown && in.hasRemaining()) {
      byte next = in.get();
      length |= (next & 0x7f) << (7 * lengthBytes++);
      lengthKnown = next >= 0;
      if (length > RelayMessage.MAX_LENGTH || (!lengthKnown && lengthBytes == MAX_LENGTH_BYTES)) {
        throw new MalformedMessageException("the first words on a stream are too long");
      }
    }
    int part = Math.min(in.remaining(), length - gathered.position());
    gathered.put(in.slice(in.position(), part));
    in.position(in.position() + part);
    if (!lengthKnown || gathered.position() < length) {
      return Optional.empty();
    }
    byte[] body = new byte[length];
    gathered.flip().get(body);
    Optional<RelayMessage> message = RelayMessage.decode(body);
    if (message.isEmpty()) {
      throw new MalformedMessageException("the first words on a stream are of a later version");
    }
    return message;
  }
}
