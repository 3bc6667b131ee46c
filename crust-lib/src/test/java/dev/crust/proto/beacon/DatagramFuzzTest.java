package dev.crust.proto.beacon;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.proto.MalformedMessageException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;

/** Nothing that a remote can send throws anything but {@link MalformedMessageException}. */
class DatagramFuzzTest {
  private static final NetworkSeal SEAL = new NetworkSeal("fuzz");
  private static final SecureRandom RANDOM = new SecureRandom();

  @FuzzTest(maxDuration = "30s")
  void body(byte[] data) {
    try {
      Codec.decode(data);
    } catch (MalformedMessageException e) {
      // as it should be
    }
  }

  @FuzzTest(maxDuration = "30s")
  void presence(byte[] data) {
    try {
      Codec.decodePresence(data);
    } catch (MalformedMessageException e) {
      // as it should be
    }
  }

  /** What a member of the network may send, as it arrives, at either port. */
  @FuzzTest(maxDuration = "30s")
  void datagram(byte[] data) {
    Dialogue dialogue = new Dialogue(Given.peer(1), "fuzz", RANDOM);
    dialogue.onSurroundings(Given.host(4001, "192.0.2.1/24"));
    byte[] body = Arrays.copyOf(data, Math.min(data.length, NetworkSeal.BODY_LENGTH));
    for (Bytes datagram : new Bytes[] {Bytes.copyOf(data), SEAL.seal(body, RANDOM)}) {
      dialogue.onShared(datagram, Given.ip("192.0.2.2"), Instant.EPOCH);
      dialogue.onOwn(datagram, Given.ip("192.0.2.2"), Instant.EPOCH);
    }
  }
}
