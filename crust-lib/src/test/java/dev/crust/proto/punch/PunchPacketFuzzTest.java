package dev.crust.proto.punch;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.proto.MalformedMessageException;
import dev.crust.spi.Side;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Nothing that a remote can send throws anything but the checked exception. */
class PunchPacketFuzzTest {
  @FuzzTest(maxDuration = "30s")
  void decode(byte[] bytes) {
    try {
      PunchPacket packet = PunchPacket.decode(bytes);
      if (!Arrays.equals(packet.encode(), bytes)) {
        throw new IllegalStateException("changed by a round trip: " + packet);
      }
      UdpPunch punch =
          new UdpPunch(
              Side.CONTROLLED,
              packet.token(),
              UdpPunch.Opener.NONE,
              new PunchBudget(),
              new SplittableRandom(1));
      InetSocketAddress from = new InetSocketAddress("198.51.100.1", 1);
      List<UdpPunch.Effect> effects = punch.onPacket(from, packet, Instant.EPOCH);
      if (effects.size() > 1) {
        throw new IllegalStateException("more than one answer: " + effects);
      }
    } catch (MalformedMessageException expected) {
      return;
    }
  }
}
