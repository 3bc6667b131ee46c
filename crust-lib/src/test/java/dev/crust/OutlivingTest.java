package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.LoopbackEndpoints.Watched;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a connection, and of what was sent on it, when no path is left. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OutlivingTest {
  /** By QUIC nothing else tells of the end of a path on which nothing is sent. */
  private static final Duration HEARTBEAT = Duration.ofMillis(250);

  private final List<LoopbackEndpoints> all = new ArrayList<>();

  private LoopbackEndpoints endpoints(Over over) {
    LoopbackEndpoints endpoints = new LoopbackEndpoints(over);
    all.add(endpoints);
    return endpoints;
  }

  /** All at once, since each waits for peers that do not hear it. */
  @AfterAll
  void close() {
    LoopbackEndpoints.closeAll(all);
  }

  private static EndpointBuilder dialled(Over over) throws Exception {
    return over.dialled().heartbeat(HEARTBEAT);
  }

  private static EndpointBuilder dialling(Over over) {
    return over.dialling().heartbeat(HEARTBEAT);
  }

  /** Waits until no path is left. */
  private static void awaitLoss(Over over, Watched watched) throws Exception {
    Event.PathChanged left = watched.next(Event.PathChanged.class);
    while (over == Over.ANY && left.to().isPresent()) {
      // One path may stand by for another.
      left = watched.next(Event.PathChanged.class);
    }
    assertThat(left.to()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void noPathForTooLong(Over over) throws Exception {
    LoopbackEndpoints endpoints = endpoints(over);
    Duration patience = Duration.ofMillis(1500);
    Watched alice = endpoints.open(dialled(over).pathPatience(patience));
    Watched bob = endpoints.open(dialling(over).pathPatience(patience));
    Connection connection;
    CompletionStage<Void> unsure;
    try (Proxies proxies = Proxies.hidingBoth(alice)) {
      connection = bob.connect(proxies.address());
      await(connection.ping());
      alice.next(Event.Connected.class);
    }
    awaitLoss(over, bob);
    unsure = connection.send(Message.of("to nobody"));
    CompletionStage<Connection.Pong> ping = connection.ping();
    Event.Lost lost = bob.next(Event.Lost.class);
    assertThat(lost.reason()).isEqualTo(Reason.PATH_LOST);
    switch (over) {
      case TCP -> assertThat(lost.detail()).contains("path-lost").contains("refused");
      case QUIC -> assertThat(lost.detail()).contains("silent");
      case ANY ->
          assertThat(lost.detail()).containsAnyOf("path-lost", "silent").contains("refused");
    }
    assertThat(alice.next(Event.Lost.class).reason()).isEqualTo(Reason.PATH_LOST);
    assertThatThrownBy(() -> await(unsure)).cause().isInstanceOf(ConnectionLostException.class);
    assertThatThrownBy(() -> await(ping)).cause().isInstanceOf(ConnectionLostException.class);
    assertThat(await(connection.closed())).isEqualTo(Reason.PATH_LOST);
  }

  @ParameterizedTest
  @EnumSource
  void aMessageThatBecomesTooOld(Over over) throws Exception {
    LoopbackEndpoints endpoints = endpoints(over);
    Watched alice = endpoints.open(dialled(over));
    Watched bob = endpoints.open(dialling(over));
    Connection connection;
    try (Proxies proxies = Proxies.hidingBoth(alice)) {
      connection = bob.connect(proxies.address());
      await(connection.ping());
    }
    awaitLoss(over, bob);
    Message mortal = Message.of("now or never").withMaxAge(Duration.ofMillis(100));
    CompletionStage<Void> sent = connection.send(mortal);
    Event.Expired expired = bob.next(Event.Expired.class);
    assertThat(expired.message()).isSameAs(mortal);
    assertThat(expired.connection()).isSameAs(connection);
    assertThatThrownBy(() -> await(sent)).cause().isInstanceOf(MessageExpiredException.class);
  }

  @ParameterizedTest
  @EnumSource
  void aPeerThatRestartedHasForgottenWhatWasSent(Over over) throws Exception {
    Identity identity = Identity.ephemeral();
    LoopbackEndpoints endpoints = endpoints(over);
    Watched bob = endpoints.open(dialling(over));
    Watched before = endpoints.open(dialled(over).identity(identity));
    CompletionStage<Void> unsure;
    try (Proxies proxies = Proxies.hidingBoth(before)) {
      Connection connection = bob.connect(proxies.address());
      await(connection.ping());
      proxies.fallSilent();
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

  @ParameterizedTest
  @EnumSource
  void whatWasSentWithoutAPathGoesByTheNext(Over over) throws Exception {
    LoopbackEndpoints endpoints = endpoints(over);
    Watched alice = endpoints.open(dialled(over));
    Watched bob = endpoints.open(dialling(over));
    Proxies proxies = endpoints.through(Proxies.hidingBoth(alice));
    Connection connection = bob.connect(proxies.address());
    await(connection.ping());
    proxies.cut();
    awaitLoss(over, bob);
    await(connection.send(Message.of("later")));
    Event.PathChanged back = bob.next(Event.PathChanged.class);
    assertThat(back.from()).isEmpty();
    assertThat(back.to()).isPresent();
    assertThat(back.reason()).isEqualTo(Reason.RESUMED);
  }
}
