package dev.crust.proto.session;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The bodies of frames, and what a session has written, in words. */
final class Bodies {
  private Bodies() {}

  static Message message(int priority, int size) {
    return Message.wrap(priority, new byte[size]);
  }

  /** Of a MESSAGE frame that holds this much of a message of this size. */
  static ByteBuffer start(int priority, long size, int part) {
    ByteBuffer body = ByteBuffer.allocate(1 + Varint.length(size) + part).put((byte) priority);
    Varint.write(body, size);
    return body.rewind();
  }

  /** Of a MESSAGE_MORE frame. */
  static ByteBuffer more(int priority, int part) {
    return ByteBuffer.allocate(1 + part).put((byte) priority).rewind();
  }

  static ByteBuffer number(long value) {
    ByteBuffer body = ByteBuffer.allocate(Varint.length(value));
    Varint.write(body, value);
    return body.flip();
  }

  static ByteBuffer eight(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(0, value);
  }

  /** Everything that a session has to write. */
  static List<String> written(OnePath<?> session) throws MalformedMessageException {
    return written(session, 1 << 20);
  }

  /** What a session writes into a buffer of this size. */
  static List<String> written(OnePath<?> session, int room) throws MalformedMessageException {
    ByteBuffer out = ByteBuffer.allocate(room);
    session.write(out);
    Words words = new Words();
    new FrameReader(words).read(out.flip());
    return words.frames;
  }

  private static final class Words implements FrameReader.Frames {
    final List<String> frames = new ArrayList<>();

    @Override
    public void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
      frames.add(
          switch (type) {
            case FrameType.MESSAGE ->
                "message %d of %d: %d".formatted(body.get(), Varint.read(body), body.remaining());
            case FrameType.MESSAGE_MORE -> "more %d: %d".formatted(body.get(), body.remaining());
            case FrameType.NEXT -> "next " + Varint.read(body);
            case FrameType.STREAMS_WINDOW -> "streams window " + Varint.read(body);
            case FrameType.OPEN -> "open %d at %d".formatted(Varint.read(body), body.get() & 0xff);
            case FrameType.SERVICE ->
                "service %d at %d: %d"
                    .formatted(Varint.read(body), body.get() & 0xff, Varint.read(body));
            case FrameType.DATA -> "data %d: %d".formatted(Varint.read(body), body.remaining());
            case FrameType.FIN -> "fin " + Varint.read(body);
            case FrameType.RESET -> "reset %d %d".formatted(Varint.read(body), Varint.read(body));
            case FrameType.STOP -> "stop %d %d".formatted(Varint.read(body), Varint.read(body));
            case FrameType.STREAM_WINDOW ->
                "stream %d window %d".formatted(Varint.read(body), Varint.read(body));
            case FrameType.ACK -> "ack " + Varint.read(body);
            case FrameType.WINDOW -> "window " + Varint.read(body);
            case FrameType.PING -> "ping " + body.getLong();
            case FrameType.PONG -> "pong " + body.getLong();
            default -> throw new AssertionError("a frame of type " + type);
          });
    }

    @Override
    public void onRest(ByteBuffer bytes, int missing) {
      throw new AssertionError("half a frame was written");
    }
  }
}
