package dev.crust.proto.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A receiver that puts frames together again, and holds the reader to what it promises. */
final class Collected implements FrameReader.Frames {
  /** A frame by its type and body. */
  record Frame(int type, List<Byte> body) {
    static Frame of(int type, byte[] body) {
      List<Byte> bytes = new ArrayList<>();
      for (byte b : body) {
        bytes.add(b);
      }
      return new Frame(type, bytes);
    }
  }

  /** One call, as it came: {@code 10 +16 -4} for 16 bytes of a frame of type 0x10, 4 missing. */
  final List<String> calls = new ArrayList<>();

  final List<Frame> frames = new ArrayList<>();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private int type;
  private int missing;

  @Override
  public void onFrame(int type, ByteBuffer bytes, int missing) {
    assertThat(this.missing).as("bytes missing of the frame before").isZero();
    calls.add("%02x +%d -%d".formatted(type, bytes.remaining(), missing));
    this.type = type;
    this.missing = bytes.remaining() + missing;
    add(bytes, missing);
  }

  @Override
  public void onRest(ByteBuffer bytes, int missing) {
    assertThat(this.missing).as("bytes that were announced").isPositive();
    assertThat(bytes.remaining()).isPositive();
    calls.add("+%d -%d".formatted(bytes.remaining(), missing));
    add(bytes, missing);
  }

  private void add(ByteBuffer bytes, int missing) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    body.writeBytes(copy);
    this.missing -= copy.length;
    assertThat(missing).as("missing").isEqualTo(this.missing);
    if (missing == 0) {
      frames.add(Frame.of(type, body.toByteArray()));
      body.reset();
    }
  }
}
