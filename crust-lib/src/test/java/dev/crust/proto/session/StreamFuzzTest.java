package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.proto.MalformedMessageException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Streams, messages and paths in any order: nothing that a remote can send throws anything but
 * {@link MalformedMessageException}, or makes a session hold more than its limits.
 */
class StreamFuzzTest {
  private static final int PROGRAMS = 5_000;

  /** See {@link WickedPeer}. */
  @FuzzTest(maxDuration = "30s")
  void program(byte[] data) throws Exception {
    new WickedPeer(data).run();
  }

  @Test
  void programs_at_random() throws Exception {
    long accepted = 0;
    for (long seed = 0; seed < PROGRAMS; seed++) {
      byte[] program = new byte[1_000];
      new Random(seed).nextBytes(program);
      try {
        accepted += new WickedPeer(program).run();
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(accepted).as("they get somewhere").isGreaterThan(20L * PROGRAMS);
  }
}
