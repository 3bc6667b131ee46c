package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.RawSession.Self;
import dev.crust.proto.frame.FrameType;
import java.io.IOException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers that pile up because the peer does not read. */
@Timeout(60)
final class PongsTest {
  private static final int FAR_TOO_MANY = 100_000;

  @ParameterizedTest
  @EnumSource
  @Execution(CONCURRENT)
  void moreThanAreRead(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      for (Candidate way : alice.address().candidates()) {
        Self self = Self.decider(alice);
        try (RawSession peer = RawSession.open(alice, way, self, RawSession.token())) {
          ask(peer);
          Event.Lost lost = alice.next(Event.Lost.class);
          assertThat(lost.connection().peer()).isEqualTo(self.identity().peerId());
          assertThat(lost.reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
          assertThat(lost.detail()).isEqualTo("more than 64 pings wait for a pong");
        }
        assertThat(alice.endpoint().connections()).isEmpty();
      }
    }
  }

  private static void ask(RawSession peer) {
    byte[] ping = new byte[4096];
    try {
      for (int i = 0; i < FAR_TOO_MANY; i++) {
        peer.frame(FrameType.PING, ping);
      }
    } catch (IOException hungUp) {
      // It was noticed before the end.
    }
  }
}
