package dev.crust.proto.punch;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;

/** Nothing that a remote can send throws anything but the checked exception. */
class SignalFuzzTest {
  private static final PeerId SELF = PeerId.of(new byte[PeerId.LENGTH]);
  private static final PeerId PEER =
      PeerId.of(
          new byte[] {
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0
          });

  @FuzzTest(maxDuration = "30s")
  void signal(byte[] bytes) {
    Introduction introduction =
        new Introduction(SELF, PEER, data -> new byte[64], new SplittableRandom(1));
    try {
      introduction.onSignal(bytes, Instant.EPOCH);
    } catch (MalformedMessageException expected) {
      return;
    }
  }

  @FuzzTest(maxDuration = "30s")
  void introduce(byte[] bytes) {
    try {
      new Introducer(SELF).onIntroduce(PEER, bytes, Optional.empty(), id -> true, Instant.EPOCH);
      Carried.read(bytes);
    } catch (MalformedMessageException expected) {
      return;
    }
  }

  @FuzzTest(maxDuration = "30s")
  void text(byte[] bytes) {
    try {
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      SignalText read = SignalText.parse(text);
      if (!SignalText.parse(read.text()).text().equals(read.text())) {
        throw new IllegalStateException("changed by a round trip: " + text);
      }
    } catch (MalformedMessageException expected) {
      return;
    }
  }
}
