package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.wire.Hello;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is turned away, and that both sides learn why. */
@Timeout(60)
final class RefusalTest {
  @ParameterizedTest
  @EnumSource(
      value = EndpointBuilder.TlsEngine.class,
      names = {"BORINGSSL", "JDK"})
  void anotherIdentityThanDialled(EndpointBuilder.TlsEngine engine) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open(builder -> builder.tlsEngine(engine));
      Watched bob = endpoints.open(builder -> builder.tlsEngine(engine));
      PeerId somebody = Identity.ephemeral().peerId();
      ConnectFailedException failure =
          bob.failure(LoopbackEndpoints.at(somebody, LoopbackEndpoints.port(alice)));
      assertThat(failure.reason()).isEqualTo(Reason.IDENTITY_MISMATCH);
      assertThat(failure.attempts()).hasSize(1);
      assertThat(failure.attempts().get(0).outcome()).isEqualTo(Attempt.Outcome.FAILED);
      assertThat(failure.attempts().get(0).detail()).contains(alice.id().toString());
      assertThat(alice.endpoint().connections()).isEmpty();
      assertThat(alice.next(Event.Refused.class).reason()).isEqualTo(Reason.HANDSHAKE_FAILED);
      assertThat(alice.events()).noneMatch(Event.Connected.class::isInstance);
    }
  }

  @Test
  void anotherNetwork() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open(builder -> builder.network("blue"));
      Watched bob = endpoints.open(builder -> builder.network("green"));
      assertThat(bob.failure(alice.address()).reason()).isEqualTo(Reason.NETWORK_MISMATCH);
      Event.Refused refused = alice.next(Event.Refused.class);
      assertThat(refused.reason()).isEqualTo(Reason.NETWORK_MISMATCH);
      assertThat(refused.peer()).contains(bob.id());
      assertThat(alice.endpoint().refusals()).containsEntry(Reason.NETWORK_MISMATCH, 1L);
    }
  }

  @Test
  void nobodyListens() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched bob = endpoints.open();
      PeerId somebody = Identity.ephemeral().peerId();
      int port;
      try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = closed.getLocalPort();
      }
      ConnectFailedException failure = bob.failure(LoopbackEndpoints.at(somebody, port));
      assertThat(failure.reason()).isEqualTo(Reason.REFUSED);
      assertThat(bob.next(Event.ConnectFailed.class).attempts()).hasSize(1);
    }
  }

  @Test
  void aBlackHole() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints();
        ServerSocket hole = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Watched bob = endpoints.open(builder -> builder.dialTimeout(Duration.ofMillis(700)));
      PeerId somebody = Identity.ephemeral().peerId();
      long start = System.nanoTime();
      ConnectFailedException failure =
          bob.failure(LoopbackEndpoints.at(somebody, hole.getLocalPort()));
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertThat(failure.reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(took).isBetween(Duration.ofMillis(690), Duration.ofMillis(1500));
    }
  }

  @Test
  void anAddressWithoutCandidates() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched bob = endpoints.open();
      CrustAddress bare = CrustAddress.parse(Identity.ephemeral().peerId().toString());
      assertThat(bob.failure(bare).reason()).isEqualTo(Reason.NO_RELAY);
    }
  }

  @Test
  void anotherProtocolVersion() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      try (RawPeer peer = RawPeer.honest(LoopbackEndpoints.port(alice), Identity.ephemeral())) {
        peer.frame(FrameType.HELLO, Hello.newBuilder().setVersion(99).build().toByteArray());
        assertThat(text(peer.readToEnd())).contains("version-mismatch");
      }
      Event.Refused refused = alice.next(Event.Refused.class);
      assertThat(refused.reason()).isEqualTo(Reason.VERSION_MISMATCH);
      assertThat(refused.detail()).contains("99");
    }
  }

  @Test
  void aFrameThatIsTooLong() throws Exception {
    refusedAsViolation(peer -> peer.write((byte) 0xff, (byte) 0xff, (byte) 0x7f), "bytes");
  }

  @Test
  void aFrameBeforeTheHello() throws Exception {
    refusedAsViolation(
        peer -> peer.frame(FrameType.MESSAGE, (byte) 0, (byte) 0), "before its time");
  }

  @Test
  void aHelloThatIsNone() throws Exception {
    refusedAsViolation(
        peer -> peer.frame(FrameType.HELLO, (byte) 0x0a, (byte) 0x7f), "not well-formed");
  }

  private interface Misdeed {
    void by(RawPeer peer) throws IOException;
  }

  private static void refusedAsViolation(Misdeed misdeed, String detail) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      Identity identity = Identity.ephemeral();
      try (RawPeer peer = RawPeer.honest(LoopbackEndpoints.port(alice), identity)) {
        misdeed.by(peer);
        assertThat(text(peer.readToEnd())).contains("protocol-violation");
      }
      Event.Refused refused = alice.next(Event.Refused.class);
      assertThat(refused.reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
      assertThat(refused.peer()).contains(identity.peerId());
      assertThat(refused.detail()).contains(detail);
      endpoints.stillServes(alice);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
