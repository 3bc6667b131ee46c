package dev.crust.proto.frame;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;

/** Nothing that a remote can send throws anything but {@link MalformedMessageException}. */
class FrameReaderFuzzTest {
  /** The first byte says how long the chunks are in which the others arrive. */
  @FuzzTest(maxDuration = "30s")
  void stream(byte[] data) {
    if (data.length == 0) {
      return;
    }
    int step = 1 + (data[0] & 0xff);
    FrameReader reader = new FrameReader(new Collected());
    try {
      for (int at = 1; at < data.length; at += step) {
        reader.read(ByteBuffer.wrap(data, at, Math.min(step, data.length - at)));
      }
    } catch (MalformedMessageException e) {
      // as it should be
    }
  }

  @FuzzTest(maxDuration = "30s")
  void number(byte[] data) {
    try {
      Varint.read(ByteBuffer.wrap(data));
    } catch (MalformedMessageException e) {
      // as it should be
    }
  }
}
