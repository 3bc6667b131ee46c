package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.RawSession.Self;
import dev.crust.proto.frame.FrameType;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that pile up because the peer does not read. */
@Timeout(60)
final class PongsTest {
  private static final int FAR_TOO_MANY = 100_000;

  @Test
  void moreThanAreRead() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      Self self = Self.decider(alice);
      try (RawSession peer = RawSession.open(alice, self, RawSession.token())) {
        ask(peer);
        Event.Lost lost = alice.next(Event.Lost.class);
        assertThat(lost.reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
        assertThat(lost.detail()).isEqualTo("more than 64 pings wait for a pong");
      }
      assertThat(alice.endpoint().connections()).isEmpty();
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
