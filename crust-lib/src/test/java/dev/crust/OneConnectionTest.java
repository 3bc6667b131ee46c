package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.LoopbackEndpoints.Watched;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** There is one connection to a peer at most, and its end is noticed. */
@Timeout(60)
final class OneConnectionTest {
  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void aSecondDialGivesTheFirstConnection(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      Connection first = bob.connect(alice.address());
      assertThat(bob.connect(alice.address())).isSameAs(first);
      Connection inbound = alice.next(Event.Connected.class).connection();
      assertThat(alice.connect(bob.address())).isSameAs(inbound);
      assertThat(alice.endpoint().connections()).hasSize(1);
    }
  }

  /** Whoever is told of the end may dial anew before the ports are closed. */
  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void nobodyIsKeptWhoComesWhileAnEndpointCloses(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched bob = endpoints.open(builder -> builder.dialTimeout(Duration.ofMillis(300)));
      for (int round = 0; round < 4; round++) {
        Watched alice = endpoints.open();
        CrustAddress address = alice.address();
        CompletionStage<Object> end =
            bob.connect(address)
                .closed()
                .thenCompose(why -> bob.endpoint().connect(address))
                .thenCompose(Connection::closed)
                .handle((why, failed) -> failed == null ? why : failed.getCause());
        alice.endpoint().close();
        assertThat(await(end))
            .satisfiesAnyOf(
                why -> assertThat(why).isEqualTo(Reason.PEER_ENDPOINT_CLOSED),
                failed -> assertThat(failed).isInstanceOf(ConnectFailedException.class));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void noConnectionToOneself(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      assertThat(alice.failure(alice.address()).reason()).isEqualTo(Reason.SELF);
      assertThat(alice.next(Event.ConnectFailed.class).reason()).isEqualTo(Reason.SELF);
    }
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void simultaneousDialsEndAsOneConnection(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      for (int round = 0; round < 100; round++) {
        CompletionStage<Connection> there = alice.endpoint().connect(bob.address());
        CompletionStage<Connection> back = bob.endpoint().connect(alice.address());
        Connection ofAlice = await(there);
        Connection ofBob = await(back);
        await(ofAlice.send(Message.of("a")));
        await(ofBob.send(Message.of("b")));
        assertThat(alice.endpoint().connections()).containsExactly(ofAlice);
        assertThat(bob.endpoint().connections()).containsExactly(ofBob);
        assertThat(alice.next(Event.Connected.class).connection()).isSameAs(ofAlice);
        assertThat(bob.next(Event.Connected.class).connection()).isSameAs(ofBob);
        if (over != Over.ANY) {
          // Else they may be on their way to another path.
          assertThat(ofAlice.path().local()).isEqualTo(ofBob.path().remote());
        }

        ofAlice.close();
        assertThat(alice.next(Event.Lost.class).reason()).isEqualTo(Reason.CLOSED);
        assertThat(bob.next(Event.Lost.class).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void aConnectionThatWasClosedCanBeMadeAgainAtOnce(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      for (int round = 0; round < 10; round++) {
        Connection connection = bob.connect(alice.address());
        CompletionStage<Void> last = connection.send(Message.of("last words"));
        connection.close();
        await(last);
        assertThat(bob.next(Event.Lost.class).reason()).isEqualTo(Reason.CLOSED);
        assertThat(bob.connect(alice.address())).isNotSameAs(connection);
        bob.endpoint().connection(alice.id()).orElseThrow().close();
        assertThat(bob.next(Event.Lost.class).reason()).isEqualTo(Reason.CLOSED);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void whatIsSentAfterTheEndFails(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      Connection connection = bob.connect(alice.address());
      alice.endpoint().close();
      assertThat(await(connection.closed())).isEqualTo(Reason.PEER_ENDPOINT_CLOSED);
      assertThat(bob.next(Event.Lost.class).reason()).isEqualTo(Reason.PEER_ENDPOINT_CLOSED);
      assertThatThrownBy(() -> await(connection.send(Message.of("late"))))
          .cause()
          .isInstanceOf(ConnectionLostException.class);
      assertThatThrownBy(() -> await(connection.ping()))
          .cause()
          .isInstanceOf(ConnectionLostException.class);
    }
  }

  /** Whichever transport carries it; in the end no path is left. */
  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void silenceIsNoticed(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(over.dialled());
      Watched bob = endpoints.open(over.dialling().heartbeat(Duration.ofMillis(200)));
      Proxies proxies = endpoints.through(Proxies.hidingBoth(alice));
      Connection connection = bob.connect(proxies.address());
      await(connection.ping());
      proxies.fallSilent();
      connection.send(Message.of("anybody there?"));
      Event.PathChanged left = bob.next(Event.PathChanged.class);
      while (over == Over.ANY && left.to().isPresent()) {
        // The other path had stood by, or came up meanwhile.
        left = bob.next(Event.PathChanged.class);
      }
      assertThat(left.to()).isEmpty();
      assertThat(left.reason()).isEqualTo(Reason.SILENT);
    }
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void aSilentPeerIsNoticed(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open(builder -> builder.heartbeat(Duration.ofMillis(200)));
      Proxies proxies = endpoints.through(Proxies.hidingNobody(alice));
      Connection connection = bob.connect(proxies.address());
      await(connection.ping());
      proxies.fallSilent();
      CompletionStage<Void> unsure = connection.send(Message.of("anybody there?"));
      awaitSilenceAndReturn(bob, proxies);
      await(unsure);
    }
  }

  /** Its path falls silent, and it comes back by the address that the peer has told. */
  private static void awaitSilenceAndReturn(Watched dialler, Proxies proxies)
      throws InterruptedException {
    Event.PathChanged left = dialler.next(Event.PathChanged.class);
    while (left.to().filter(proxies::lead).isPresent()) {
      // Of two paths through them, the other had stood by, or came up meanwhile.
      left = dialler.next(Event.PathChanged.class);
    }
    assertThat(left.to()).isEmpty();
    assertThat(left.reason()).isEqualTo(Reason.SILENT);
    assertThat(dialler.next(Event.PathChanged.class).to()).isPresent();
  }

  /** Nothing is under way that would be missed before two heartbeats, of 20 s each. */
  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void aSilentPeerThatIsPingedIsNoticedSooner(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      Proxies proxies = endpoints.through(Proxies.hidingNobody(alice));
      Connection connection = bob.connect(proxies.address());
      await(connection.ping());
      proxies.fallSilent();
      CompletionStage<Connection.Pong> ping = connection.ping();
      awaitSilenceAndReturn(bob, proxies);
      await(ping);
    }
  }

  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void anIdlePeerIsNotTakenForSilent(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over);
        LoopbackEndpoints others = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open(builder -> builder.heartbeat(Duration.ofMillis(50)));
      Connection connection = bob.connect(alice.address());
      // Twenty heartbeats, timed by those of another connection that is silent.
      Watched carol = others.open();
      Watched clock = others.open(builder -> builder.heartbeat(Duration.ofMillis(500)));
      try (TcpProxy proxy = new TcpProxy(LoopbackEndpoints.port(carol))) {
        clock.connect(LoopbackEndpoints.at(carol.id(), proxy.port()));
        proxy.fallSilent();
        clock.next(Event.PathChanged.class);
      }
      assertThat(bob.endpoint().connections()).containsExactly(connection);
    }
  }

  /** Whoever cuts QUIC does not say so, and it is missed by what is under way. */
  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void aBrokenPathIsNoticedAtOnce(Over over) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      Proxies proxies = endpoints.through(Proxies.hidingNobody(alice));
      Connection connection = bob.connect(proxies.address());
      alice.next(Event.Connected.class);
      if (over == Over.ANY && connection.path().transport() == Transport.QUIC) {
        bob.next(Event.PathChanged.class);
      }
      proxies.cut();
      if (over == Over.QUIC) {
        connection.send(Message.of("anybody there?"));
      }
      Event.PathChanged left = bob.next(Event.PathChanged.class);
      if (over == Over.ANY && left.reason() == Reason.BETTER_PATH) {
        // QUIC had been first.
        left = bob.next(Event.PathChanged.class);
      }
      Reason broken = over == Over.QUIC ? Reason.SILENT : Reason.PATH_LOST;
      assertThat(left.reason()).isEqualTo(broken);
      // Bob may be back by a new path before alice has come to read the end of the old one.
      assertThat(alice.next(Event.PathChanged.class).reason()).isIn(broken, Reason.RESUMED);
    }
  }

  /** The old process is gone without a word, and the network does not tell either. */
  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void aRestartedPeerIsOneAndTheSame(Over over) throws Exception {
    Identity identity = Identity.ephemeral();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(over.dialled());
      Watched before = endpoints.open(over.dialling().identity(identity));
      Proxies proxies = endpoints.through(Proxies.hidingBoth(alice));
      before.connect(proxies.address());
      Connection old = alice.next(Event.Connected.class).connection();
      proxies.fallSilent();

      Watched after = endpoints.open(over.dialling().identity(identity));
      after.connect(alice.address());

      assertReplaced(alice, old);
      assertThat(alice.endpoint().connections()).hasSize(1);
    }
  }

  /** And if both live, the older one is told. */
  @ParameterizedTest
  @EnumSource(Over.class)
  @Execution(CONCURRENT)
  void aRestartedPeerReplacesItsFormerSelf(Over over) throws Exception {
    Identity identity = Identity.ephemeral();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched before =
          endpoints.open(builder -> builder.identity(identity).heartbeat(Duration.ofMillis(200)));
      Proxies proxies = endpoints.through(Proxies.hidingNobody(alice));
      before.connect(proxies.address());
      Connection old = alice.next(Event.Connected.class).connection();
      proxies.fallSilent();

      Watched after = endpoints.open(builder -> builder.identity(identity));
      after.connect(alice.address());

      assertReplaced(alice, old);

      before.next(Event.Lost.class);
      assertThat(verdict(before, alice)).isEqualTo(Reason.KEY_IN_USE_TWICE);
    }
  }

  /** The connection is over since its peer has restarted, and another with the peer is there. */
  private static void assertReplaced(Watched told, Connection old) throws InterruptedException {
    Event.Lost lost = told.next(Event.Lost.class);
    assertThat(lost.connection()).isSameAs(old);
    assertThat(lost.reason()).isEqualTo(Reason.PEER_RESTARTED);
    assertThat(told.next(Event.Connected.class).connection().peer()).isEqualTo(old.peer());
  }

  /**
   * The side that decides learns of the other's refusal only after it has opened the connection.
   */
  private static Reason verdict(Watched dialler, Watched listener) throws Exception {
    try {
      return await(dialler.connect(listener.address()).closed());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConnectFailedException failure) {
        return failure.reason();
      }
      throw e;
    }
  }
}
