package dev.crust.proto.stun;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.proto.MalformedMessageException;
import java.net.InetSocketAddress;
import java.util.Optional;

/** Nothing that a remote can send throws anything but the checked exception. */
class StunFuzzTest {
  private static final InetSocketAddress HERE = new InetSocketAddress("192.0.2.1", 3478);
  private static final InetSocketAddress THERE = new InetSocketAddress("198.51.100.1", 5000);

  @FuzzTest(maxDuration = "60s")
  void decode(byte[] bytes) {
    try {
      StunMessage message = StunCodec.decode(bytes);
      Integrity.SHA1.check(bytes, new byte[] {1});
      Integrity.SHA256.check(bytes, new byte[] {1});
      byte[] again = StunCodec.encode(message);
      if (!StunCodec.decode(again).equals(message)) {
        throw new IllegalStateException("changed by a round trip: " + message);
      }
      StunServer.answer(
              message, bytes.length, StunServer.Transport.UDP, HERE, THERE, Optional.empty())
          .ifPresent(reply -> checkSize(reply, bytes.length));
    } catch (MalformedMessageException expected) {
      return;
    }
  }

  @FuzzTest(maxDuration = "60s")
  void frames(byte[] bytes) {
    try {
      new StunFramer().onBytes(bytes);
    } catch (MalformedMessageException expected) {
      return;
    }
  }

  private static void checkSize(StunServer.Reply reply, int requestLength) {
    int length = StunCodec.encode(reply.message()).length;
    if (length + 28 > 2 * (requestLength + 28)) {
      throw new IllegalStateException(length + " bytes for " + requestLength);
    }
  }
}
