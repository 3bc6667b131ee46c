package dev.crust.proto.punch;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the messages on a stream of signals, in whatever pieces they come. Holds one at most. Not
 * thread-safe.
 */
public final class SignallingReader {
  /** As many bytes may a length below {@link Signalling#MAX_LENGTH} take. */
  private static final int MAX_LENGTH_BYTES = 2;

  private ByteBuffer gathered = ByteBuffer.allocate(0);
  private int length;
  private int lengthBytes;
  private boolean lengthKnown;

  /** One at the beginning of a stream. */
  public SignallingReader() {}

  /**
   * Takes all the bytes. Returns the messages that are whole by now; those of later versions are
   * skipped.
   *
   * @throws MalformedMessageException if one is not well-formed or too long: the stream is of no
   *     use any more
   */
  public List<Signalling> read(ByteBuffer in) throws MalformedMessageException {
    List<Signalling> messages = new ArrayList<>();
    while (in.hasRemaining()) {
      if (!lengthKnown) {
        onLengthByte(in.get());
      } else {
        int part = Math.min(in.remaining(), gathered.remaining());
        gathered.put(in.slice(in.position(), part));
        in.position(in.position() + part);
      }
      if (lengthKnown && !gathered.hasRemaining()) {
        Signalling.decode(gathered.array()).ifPresent(messages::add);
        gathered = ByteBuffer.allocate(0);
        length = 0;
        lengthBytes = 0;
        lengthKnown = false;
      }
    }
    return messages;
  }

  private void onLengthByte(byte next) throws MalformedMessageException {
    length |= (next & 0x7f) << (7 * lengthBytes++);
    lengthKnown = next >= 0;
    if (length > Signalling.MAX_LENGTH || (!lengthKnown && lengthBytes == MAX_LENGTH_BYTES)) {
      throw new MalformedMessageException("a message about signals that is too long");
    }
    if (lengthKnown) {
      gathered = ByteBuffer.allocate(length);
    }
  }
}
