package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.RawSession.Self;
import dev.crust.proto.admission.Token;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.wire.Close;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A peer that decides has two paths from one race, keeps the better one and closes the other. What
 * it says on one may come before what it said on the other.
 */
final class SupersededTest {
  private static final byte[] SUPERSEDED =
      Close.newBuilder().setReason("superseded").build().toByteArray();

  @ParameterizedTest
  @EnumSource
  void aPathThatEndsBeforeItsBetterIsAdmittedEndsNothing(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      BlockingQueue<Message> arrived = new LinkedBlockingQueue<>();
      alice.endpoint().onMessage((from, message) -> arrived.add(message));
      List<Candidate> ways = alice.address().candidates();
      Candidate favoured = ways.get(0);
      Candidate other = ways.get(ways.size() - 1);
      for (int round = 0; round < 20; round++) {
        Self self = Self.decider(alice);
        Token name = RawSession.token();
        try (RawSession worse = RawSession.greet(alice, other, self, Optional.empty(), false);
            RawSession better = RawSession.greet(alice, favoured, self, Optional.empty(), false)) {
          worse.admit(name);
          worse.frame(FrameType.CLOSE, SUPERSEDED);
          worse.finish();
          worse.awaitEnd();
          better.admit(name);
          better.numbers(FrameType.NEXT, 1);
          better.padded(FrameType.MESSAGE, 3, 1, 3);
          assertThat(alice.next(Event.Connected.class).connection().peer())
              .isEqualTo(self.identity().peerId());
          assertThat(arrived.poll(30, TimeUnit.SECONDS)).isNotNull();
        }
      }
    }
  }
}
