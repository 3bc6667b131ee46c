package dev.crust.proto.nat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.wire.TraversalSituation;
import dev.crust.spi.Situation;

/** Nothing that a remote can send throws anything but the checked exceptions. */
class SituationFuzzTest {
  @FuzzTest(maxDuration = "30s")
  void decode(byte[] bytes) {
    try {
      Situation situation = SituationCodec.fromWire(TraversalSituation.parseFrom(bytes));
      if (!SituationCodec.fromWire(SituationCodec.toWire(situation)).equals(situation)) {
        throw new IllegalStateException("changed by a round trip: " + situation);
      }
    } catch (InvalidProtocolBufferException | MalformedMessageException expected) {
      return;
    }
  }
}
