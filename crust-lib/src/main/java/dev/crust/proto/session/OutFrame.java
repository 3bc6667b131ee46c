package dev.crust.proto.session;

import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A numbered frame as it is kept until it is acknowledged: written again, it is the same.
 *
 * @param <R> what the caller gets back when a message is acknowledged
 */
sealed interface OutFrame<R> {
  /** How many bytes of the user's it carries. */
  int payload();

  /** The length of what stands before the payload, without the frame's own length. */
  int header();

  /** Writes what comes after the frame's length. */
  void writeBody(ByteBuffer out);

  /** The length on the wire, in bytes. */
  default int size() {
    int body = header() + payload();
    return Varint.length(body) + body;
  }

  /** Writes it whole. */
  default void write(ByteBuffer out) {
    Varint.write(out, header() + payload());
    writeBody(out);
  }

  /**
   * Part of a message.
   *
   * @param total the message's length if this is its first part, else -1
   * @param finished what is owed to the caller when this is acknowledged; null unless it is the
   *     message's last part
   */
  record MessagePart<R>(int priority, int total, ByteBuffer part, @Nullable R finished)
      implements OutFrame<R> {
    @Override
    public int payload() {
      return part.remaining();
    }

    @Override
    public int header() {
      return total < 0 ? 2 : 2 + Varint.length(total);
    }

    @Override
    public void writeBody(ByteBuffer out) {
      out.put((byte) (total < 0 ? FrameType.MESSAGE_MORE : FrameType.MESSAGE));
      out.put((byte) priority);
      if (total >= 0) {
        Varint.write(out, total);
      }
      out.put(part.duplicate());
    }
  }

  /** Bytes of a stream. */
  record Data<R>(OutgoingStream stream, List<ByteBuffer> parts, int payload)
      implements OutFrame<R> {
    @Override
    public int header() {
      return 1 + Varint.length(stream.id());
    }

    @Override
    public void writeBody(ByteBuffer out) {
      out.put((byte) FrameType.DATA);
      Varint.write(out, stream.id());
      for (ByteBuffer part : parts) {
        out.put(part.duplicate());
      }
    }
  }

  /** A stream begins. */
  record Open<R>(long id, int priority) implements OutFrame<R> {
    @Override
    public int payload() {
      return 0;
    }

    @Override
    public int header() {
      return 2 + Varint.length(id);
    }

    @Override
    public void writeBody(ByteBuffer out) {
      out.put((byte) FrameType.OPEN);
      Varint.write(out, id);
      out.put((byte) priority);
    }
  }

  /** A stream of a service begins. */
  record Service<R>(long id, int priority, long service) implements OutFrame<R> {
    @Override
    public int payload() {
      return 0;
    }

    @Override
    public int header() {
      return 2 + Varint.length(id) + Varint.length(service);
    }

    @Override
    public void writeBody(ByteBuffer out) {
      out.put((byte) FrameType.SERVICE);
      Varint.write(out, id);
      out.put((byte) priority);
      Varint.write(out, service);
    }
  }

  /** Something about a stream, with a number if it is not negative. */
  record Control<R>(int type, long id, long number) implements OutFrame<R> {
    @Override
    public int payload() {
      return 0;
    }

    @Override
    public int header() {
      return 1 + Varint.length(id) + (number < 0 ? 0 : Varint.length(number));
    }

    @Override
    public void writeBody(ByteBuffer out) {
      out.put((byte) type);
      Varint.write(out, id);
      if (number >= 0) {
        Varint.write(out, number);
      }
    }
  }
}
