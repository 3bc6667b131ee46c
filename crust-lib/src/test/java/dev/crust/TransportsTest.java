package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections over TCP, over QUIC, and from the one to the other. */
final class TransportsTest {
  private static final InetSocketAddress LOOPBACK =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static Watched both(LoopbackEndpoints endpoints) throws Exception {
    return endpoints.open(builder -> builder.listen(Transport.QUIC, LOOPBACK));
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void aConversationByThisTransportAlone(Transport transport) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = both(endpoints);
      Watched bob =
          endpoints.open(
              builder -> builder.listen(Transport.QUIC, LOOPBACK).transports(Set.of(transport)));
      Connection connection = await(bob.endpoint().connect(alice.address()));
      assertThat(connection.path().transport()).isEqualTo(transport);
      await(connection.send(Message.of(new byte[1_000_000])));
      assertThat(await(connection.ping()).path().transport()).isEqualTo(transport);
    }
  }

  @Test
  void tcpIsFavoured() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = both(endpoints);
      Watched bob = both(endpoints);
      assertThat(alice.address().candidates())
          .extracting(Candidate::transport)
          .containsExactly(Transport.TCP, Transport.QUIC);
      Connection connection = await(bob.endpoint().connect(alice.address()));
      if (connection.path().transport() == Transport.QUIC) {
        // On a busy machine TCP may need more than its head start; it still takes over.
        assertThat(bob.next(Event.PathChanged.class).reason()).isEqualTo(Reason.BETTER_PATH);
      }
      assertThat(connection.path().transport()).isEqualTo(Transport.TCP);
    }
  }

  @Test
  void aConnectionMovesFromQuicToTcp() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = both(endpoints);
      Watched bob = both(endpoints);
      try (TcpProxy proxy = new TcpProxy(LoopbackEndpoints.port(alice))) {
        proxy.holdBack();
        List<Candidate> candidates =
            List.of(
                Candidate.tcp(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port())),
                alice.address().candidates().get(1));
        Connection connection =
            await(bob.endpoint().connect(CrustAddress.of(alice.id(), candidates)));
        assertThat(connection.path().transport()).isEqualTo(Transport.QUIC);
        await(connection.send(Message.of("by QUIC")));
        proxy.release();
        Event.PathChanged moved = bob.next(Event.PathChanged.class);
        assertThat(moved.from()).get().extracting(Path::transport).isEqualTo(Transport.QUIC);
        assertThat(moved.to()).get().extracting(Path::transport).isEqualTo(Transport.TCP);
        assertThat(moved.reason()).isEqualTo(Reason.BETTER_PATH);
        await(connection.send(Message.of("by TCP")));
      }
    }
  }
}
