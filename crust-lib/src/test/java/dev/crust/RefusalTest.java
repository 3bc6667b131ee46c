package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.wire.Hello;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
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
    anotherIdentityThanDialled(Over.TCP, builder -> builder.tlsEngine(engine));
  }

  @ParameterizedTest
  @EnumSource
  void anotherIdentityThanDialled(Over over) throws Exception {
    anotherIdentityThanDialled(over, builder -> builder);
  }

  private static void anotherIdentityThanDialled(Over over, UnaryOperator<EndpointBuilder> settings)
      throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(settings);
      Watched bob = endpoints.open(settings);
      CrustAddress address =
          CrustAddress.of(Identity.ephemeral().peerId(), alice.address().candidates());
      ConnectFailedException failure = bob.failure(address);
      assertThat(failure.reason()).isEqualTo(Reason.IDENTITY_MISMATCH);
      assertThat(failure.attempts()).hasSize(address.candidates().size());
      assertThat(failure.attempts())
          .allSatisfy(
              attempt -> {
                assertThat(attempt.outcome()).isEqualTo(Attempt.Outcome.FAILED);
                assertThat(attempt.detail()).contains(alice.id().toString());
              });
      assertThat(alice.endpoint().connections()).isEmpty();
      assertThat(alice.next(Event.Refused.class).reason()).isEqualTo(Reason.HANDSHAKE_FAILED);
      assertThat(alice.events()).noneMatch(Event.Connected.class::isInstance);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherNetwork(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(builder -> builder.network("blue"));
      Watched bob = endpoints.open(builder -> builder.network("green"));
      assertThat(bob.failure(alice.address()).reason()).isEqualTo(Reason.NETWORK_MISMATCH);
      Event.Refused refused = alice.next(Event.Refused.class);
      assertThat(refused.reason()).isEqualTo(Reason.NETWORK_MISMATCH);
      assertThat(refused.peer()).contains(bob.id());
      // Each way that was tried is refused.
      long ways = alice.address().candidates().size();
      assertThat(alice.endpoint().refusals().get(Reason.NETWORK_MISMATCH)).isBetween(1L, ways);
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

  @ParameterizedTest
  @EnumSource
  void aBlackHole(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over);
        ServerSocket hole = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        DatagramSocket deaf = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      Watched bob = endpoints.open(builder -> builder.dialTimeout(Duration.ofMillis(700)));
      InetSocketAddress tcp = (InetSocketAddress) hole.getLocalSocketAddress();
      InetSocketAddress quic = (InetSocketAddress) deaf.getLocalSocketAddress();
      List<Candidate> candidates =
          Stream.of(Candidate.tcp(tcp), Candidate.quic(quic)).filter(over::speaks).toList();
      PeerId somebody = Identity.ephemeral().peerId();
      long start = System.nanoTime();
      ConnectFailedException failure = bob.failure(CrustAddress.of(somebody, candidates));
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertThat(failure.reason()).isEqualTo(Reason.TIMEOUT);
      assertThat(took).isBetween(Duration.ofMillis(690), Duration.ofMillis(1500));
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAddressWithoutCandidates(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched bob = endpoints.open();
      CrustAddress bare = CrustAddress.parse(Identity.ephemeral().peerId().toString());
      assertThat(bob.failure(bare).reason()).isEqualTo(Reason.NO_RELAY);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherProtocolVersion(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      try (RawPeer peer = RawPeer.honest(alice, Identity.ephemeral())) {
        peer.frame(FrameType.HELLO, Hello.newBuilder().setVersion(99).build().toByteArray());
        assertThat(text(peer.readToEnd())).contains("version-mismatch");
      }
      Event.Refused refused = alice.next(Event.Refused.class);
      assertThat(refused.reason()).isEqualTo(Reason.VERSION_MISMATCH);
      assertThat(refused.detail()).contains("99");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFrameThatIsTooLong(Over over) throws Exception {
    refusedAsViolation(over, peer -> peer.write((byte) 0xff, (byte) 0xff, (byte) 0x7f), "bytes");
  }

  @ParameterizedTest
  @EnumSource
  void aFrameBeforeTheHello(Over over) throws Exception {
    refusedAsViolation(
        over, peer -> peer.frame(FrameType.MESSAGE, (byte) 0, (byte) 0), "before its time");
  }

  @ParameterizedTest
  @EnumSource
  void aHelloThatIsNone(Over over) throws Exception {
    refusedAsViolation(
        over, peer -> peer.frame(FrameType.HELLO, (byte) 0x0a, (byte) 0x7f), "not well-formed");
  }

  private interface Misdeed {
    void by(RawPeer peer) throws IOException;
  }

  private static void refusedAsViolation(Over over, Misdeed misdeed, String detail)
      throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Identity identity = Identity.ephemeral();
      try (RawPeer peer = RawPeer.honest(alice, identity)) {
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
