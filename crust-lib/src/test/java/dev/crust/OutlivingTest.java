package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.LoopbackEndpoints.Watched;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a connection, and of what was sent on it, when no path is left. */
@Timeout(60)
final class OutlivingTest {
  /** A proxy behind which neither side tells the other where it listens. */
  private static TcpProxy hiding(Watched target) throws Exception {
    return new TcpProxy(
        LoopbackEndpoints.port(target), TcpProxy.elsewhere(), TcpProxy.elsewhere(), false);
  }

  private static CrustAddress at(PeerId peer, TcpProxy proxy) {
    return CrustAddress.of(peer, List.of(Candidate.tcp(proxy.address())));
  }

  @Test
  void noPathForTooLong() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open(b -> b.pathPatience(Duration.ofMillis(1500)));
      Watched bob = endpoints.open(b -> b.pathPatience(Duration.ofMillis(1500)));
      Connection connection;
      CompletionStage<Void> unsure;
      try (TcpProxy proxy = hiding(alice)) {
        connection = bob.connect(at(alice.id(), proxy));
        await(connection.ping());
        alice.next(Event.Connected.class);
      }
      Event.PathChanged left = bob.next(Event.PathChanged.class);
      assertThat(left.to()).isEmpty();
      unsure = connection.send(Message.of("to nobody"));
      CompletionStage<Connection.Pong> ping = connection.ping();
      Event.Lost lost = bob.next(Event.Lost.class);
      assertThat(lost.reason()).isEqualTo(Reason.PATH_LOST);
      assertThat(lost.detail()).contains("path-lost").contains("refused");
      assertThat(alice.next(Event.Lost.class).reason()).isEqualTo(Reason.PATH_LOST);
      assertThatThrownBy(() -> await(unsure)).cause().isInstanceOf(ConnectionLostException.class);
      assertThatThrownBy(() -> await(ping)).cause().isInstanceOf(ConnectionLostException.class);
      assertThat(await(connection.closed())).isEqualTo(Reason.PATH_LOST);
    }
  }

  @Test
  void aMessageThatBecomesTooOld() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      Connection connection;
      try (TcpProxy proxy = hiding(alice)) {
        connection = bob.connect(at(alice.id(), proxy));
        await(connection.ping());
      }
      assertThat(bob.next(Event.PathChanged.class).to()).isEmpty();
      Message mortal = Message.of("now or never").withMaxAge(Duration.ofMillis(100));
      CompletionStage<Void> sent = connection.send(mortal);
      Event.Expired expired = bob.next(Event.Expired.class);
      assertThat(expired.message()).isSameAs(mortal);
      assertThat(expired.connection()).isSameAs(connection);
      assertThatThrownBy(() -> await(sent)).cause().isInstanceOf(MessageExpiredException.class);
    }
  }

  @Test
  void aPeerThatRestartedHasForgottenWhatWasSent() throws Exception {
    Identity identity = Identity.ephemeral();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched bob = endpoints.open();
      Watched before = endpoints.open(b -> b.identity(identity));
      CompletionStage<Void> unsure;
      try (TcpProxy proxy = hiding(before)) {
        Connection connection = bob.connect(at(before.id(), proxy));
        await(connection.ping());
        proxy.fallSilent();
        unsure = connection.send(Message.of("unheard"));
        Watched after = endpoints.open(b -> b.identity(identity));
        await(after.connect(bob.address()).send(Message.of("who was I?")));
      }
      assertThat(bob.next(Event.Lost.class).reason()).isEqualTo(Reason.PEER_RESTARTED);
      assertThatThrownBy(() -> await(unsure))
          .cause()
          .isInstanceOfSatisfying(
              ConnectionLostException.class,
              lost -> assertThat(lost.reason()).isEqualTo(Reason.PEER_RESTARTED));
    }
  }

  @Test
  void whatWasSentWithoutAPathGoesByTheNext() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      try (TcpProxy proxy = hiding(alice)) {
        Connection connection = bob.connect(at(alice.id(), proxy));
        await(connection.ping());
        proxy.cut();
        assertThat(bob.next(Event.PathChanged.class).to()).isEmpty();
        await(connection.send(Message.of("later")));
        Event.PathChanged back = bob.next(Event.PathChanged.class);
        assertThat(back.from()).isEmpty();
        assertThat(back.to()).isPresent();
        assertThat(back.reason()).isEqualTo(Reason.RESUMED);
      }
    }
  }
}
