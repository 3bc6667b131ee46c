package dev.crust.proto.admission;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.admission.Greeting.NetworkKey;
import dev.crust.proto.wire.Hello;
import java.nio.ByteBuffer;

/** Nothing that a remote can send throws anything but the checked exception. */
class GreetingFuzzTest {
  private static final PeerId SELF = PeerId.of(new byte[PeerId.LENGTH]);
  private static final PeerId PEER =
      PeerId.of(
          new byte[] {
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0
          });
  private static final NetworkKey NETWORK = new NetworkKey("fuzz");
  private static final Token INCARNATION = new Token(1, 2);

  /** Of a stranger. */
  @FuzzTest(maxDuration = "30s")
  void anybody(byte[] bytes) {
    try {
      Greeting.read(ByteBuffer.wrap(bytes), NETWORK, PEER, SELF);
    } catch (MalformedMessageException expected) {
      return;
    }
  }

  /** Of one who knows our network and speaks our version. */
  @FuzzTest(maxDuration = "30s")
  void member(byte[] bytes) {
    try {
      Hello hello =
          Hello.parseFrom(bytes).toBuilder()
              .setVersion(Greeting.VERSION)
              .setIncarnation(ByteString.copyFrom(INCARNATION.bytes()))
              .setNetworkProof(ByteString.copyFrom(NETWORK.proof(PEER, SELF, INCARNATION)))
              .build();
      Greeting.Reading read = read(hello);
      if (!(read instanceof Greeting.Reading.Welcome welcome)) {
        throw new IllegalStateException("refused: " + read);
      }
      Greeting greeting = welcome.greeting();
      if (!read(greeting.toHello(NETWORK, PEER, SELF)).equals(read)) {
        throw new IllegalStateException("changed by a round trip: " + greeting);
      }
    } catch (InvalidProtocolBufferException | MalformedMessageException expected) {
      return;
    }
  }

  private static Greeting.Reading read(Hello hello) throws MalformedMessageException {
    return Greeting.read(ByteBuffer.wrap(hello.toByteArray()), NETWORK, PEER, SELF);
  }
}
