package dev.crust.proto.punch;

import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.Base64;

/**
 * A signal as one line of text, for those who have no mutual peer and carry it by a channel of
 * their own: {@code crust-signal:} and base64url (RFC 4648 §5, without padding) of both peer ids,
 * the sender's first, and the signal.
 *
 * @param from who says it
 * @param to to whom
 * @param signal what {@link Introduction} sends and takes
 */
@SuppressWarnings("ArrayRecordComponent") // compared by its text
public record SignalText(PeerId from, PeerId to, byte[] signal) {
  private static final String SCHEME = "crust-signal:";
  private static final int HEAD = 2 * PeerId.LENGTH;

  /** The longest text. */
  public static final int MAX_LENGTH = SCHEME.length() + (HEAD + Signals.MAX_LENGTH) * 4 / 3 + 4;

  /** The line. */
  public String text() {
    byte[] bytes =
        ByteBuffer.allocate(HEAD + signal.length)
            .put(from.bytes())
            .put(to.bytes())
            .put(signal)
            .array();
    return SCHEME + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /**
   * Reads a line; blanks around it and line breaks within it, which mail programs add, do not
   * matter. Whether the sender signed it shows when {@link Introduction#onSignal} takes it.
   *
   * @throws MalformedMessageException if it is none; the message says where
   */
  public static SignalText parse(String text) throws MalformedMessageException {
    if (text.length() > 2 * MAX_LENGTH) {
      throw new MalformedMessageException("a signal of %d characters".formatted(text.length()));
    }
    String line = text.replaceAll("\\s+", "");
    if (!line.startsWith(SCHEME) || line.length() > MAX_LENGTH) {
      throw new MalformedMessageException("a signal begins with " + SCHEME);
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(line.substring(SCHEME.length()));
    } catch (IllegalArgumentException e) {
      throw new MalformedMessageException("after %s: %s".formatted(SCHEME, e.getMessage()));
    }
    if (bytes.length <= HEAD) {
      throw new MalformedMessageException("the signal is cut off");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    byte[] from = new byte[PeerId.LENGTH];
    byte[] to = new byte[PeerId.LENGTH];
    byte[] signal = new byte[bytes.length - HEAD];
    buffer.get(from).get(to).get(signal);
    return new SignalText(PeerId.of(from), PeerId.of(to), signal);
  }
}
