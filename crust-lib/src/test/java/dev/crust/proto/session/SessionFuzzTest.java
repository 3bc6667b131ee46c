package dev.crust.proto.session;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameReader;
import java.nio.ByteBuffer;
import java.time.Instant;

/** Nothing that a remote can send throws anything but {@link MalformedMessageException}. */
class SessionFuzzTest {
  /** The first byte says how long the chunks are in which the others arrive. */
  @FuzzTest(maxDuration = "30s")
  void stream(byte[] data) {
    if (data.length == 0) {
      return;
    }
    Limits limits = Limits.forMessages(1000);
    OnePath<String> session = new OnePath<>(limits, limits, new Heard());
    session.send(Bodies.message(1, 1), "");
    ByteBuffer out = ByteBuffer.allocate(1 << 17);
    session.write(out);
    FrameReader reader = new FrameReader(frames(session));
    int step = 1 + (data[0] & 0xff);
    try {
      for (int at = 1; at < data.length; at += step) {
        reader.read(ByteBuffer.wrap(data, at, Math.min(step, data.length - at)));
        session.onBatchRead(Instant.EPOCH);
        session.write(out.clear());
      }
    } catch (MalformedMessageException e) {
      // as it should be
    }
  }

  private static FrameReader.Frames frames(OnePath<String> session) {
    return new FrameReader.Frames() {
      @Override
      public void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
        session.onFrame(type, body, missing);
      }

      @Override
      public void onRest(ByteBuffer bytes, int missing) throws MalformedMessageException {
        session.onRest(bytes, missing);
      }
    };
  }
}
