package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.proto.relay.RelayLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;

/**
 * Two endpoints that meet by a peer of both, who relays. Nobody knows where anybody else listens,
 * since what stands between is not on loopback, unless a test says so.
 */
@Timeout(180)
final class RelayedTest {
  private static final RelayLimits FAST =
      new RelayLimits(
          16, 16, Duration.ofHours(1), 8, 4, 8, 1 << 30, 1 << 30, 1L << 40, Duration.ofHours(1));

  private final LoopbackEndpoints endpoints = new LoopbackEndpoints();
  private final List<TcpProxy> proxies = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    endpoints.close();
    for (TcpProxy proxy : proxies) {
      proxy.close();
    }
  }

  private Watched relay(RelayLimits limits) throws Exception {
    return endpoints.open(it -> it.relaying(Relaying.ALWAYS).relayLimits(limits));
  }

  private Watched home() throws Exception {
    return endpoints.open(it -> it.relaying(Relaying.FOR_OURSELVES).punching(Punching.OFF));
  }

  /** Connects to a relay, so that neither tells the other where it listens. */
  private TcpProxy join(Watched home, Watched relay) throws Exception {
    TcpProxy proxy =
        new TcpProxy(
            LoopbackEndpoints.port(relay), TcpProxy.elsewhere(), TcpProxy.elsewhere(), false);
    proxies.add(proxy);
    home.connect(CrustAddress.of(relay.id(), List.of(Candidate.tcp(proxy.address()))));
    return proxy;
  }

  /** Waits until a peer can be reached by this relay. */
  private static void awaitReservation(Watched home, Watched relay) throws Exception {
    while (!home.next(Event.Listening.class).address().via().contains(relay.id())) {
      // Each turn is an event.
    }
  }

  /** Waits until an endpoint's user was told of the connection to a peer. */
  private static Event.Connected awaitConnected(Watched watched, Watched peer) throws Exception {
    Event.Connected told = watched.next(Event.Connected.class);
    while (!told.connection().peer().equals(peer.id())) {
      told = watched.next(Event.Connected.class);
    }
    return told;
  }

  private static CrustAddress by(Watched peer, Watched... relays) {
    return new CrustAddress(
        peer.id(), List.of(), List.of(relays).stream().map(Watched::id).toList());
  }

  /** The next path that a connection goes by, if it is such. */
  private static Path awaitPath(Watched watched, Predicate<Path> such) throws Exception {
    while (true) {
      Event.PathChanged changed = watched.next(Event.PathChanged.class);
      if (changed.to().filter(such).isPresent()) {
        return changed.to().orElseThrow();
      }
    }
  }

  private record Three(Watched alice, Watched relay, Watched bob) {}

  private Three three(RelayLimits limits) throws Exception {
    Three all = new Three(home(), relay(limits), home());
    join(all.bob, all.relay);
    awaitReservation(all.bob, all.relay);
    join(all.alice, all.relay);
    return all;
  }

  @Test
  @Execution(CONCURRENT)
  void messages_and_streams_both_ways() throws Exception {
    Three all = three(FAST);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    all.bob.endpoint().onMessage((from, message) -> from.send(message));
    all.bob.endpoint().onStream(stream -> start(() -> echo(stream)));
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    connection.onMessage(message -> heard.add(message.text()));

    assertThat(connection.peer()).isEqualTo(all.bob.id());
    for (Watched each : List.of(all.alice, all.bob)) {
      Watched other = each.equals(all.alice) ? all.bob : all.alice;
      Event.Connected told = awaitConnected(each, other);
      assertThat(told.connection().path().method()).isEqualTo(Path.Method.RELAYED);
      assertThat(told.connection().path().relay()).contains(all.relay.id());
      if (each.equals(all.alice)) {
        assertThat(told.attempts())
            .singleElement()
            .satisfies(
                attempt -> {
                  assertThat(attempt.method()).isEqualTo(Path.Method.RELAYED);
                  assertThat(attempt.outcome()).isEqualTo(Attempt.Outcome.WON);
                });
      }
    }
    await(connection.send(Message.of("by way of a friend")));
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("by way of a friend");
    try (PeerStream stream = await(connection.openStream())) {
      stream.output().write(new byte[100_000]);
      stream.finish();
      assertThat(stream.input().readAllBytes()).hasSize(100_000);
    }
    assertThat(await(connection.ping()).path().relay()).contains(all.relay.id());
    assertThat(all.relay.endpoint().connections()).hasSize(2);
  }

  @Test
  @Execution(CONCURRENT)
  void who_is_named_alone_is_found_by_those_we_know() throws Exception {
    Three all = three(FAST);
    Connection connection = all.alice.connect(CrustAddress.of(all.bob.id(), List.of()));
    await(connection.send(Message.of("found")));
    assertThat(connection.path().relay()).contains(all.relay.id());
    connection.close();
    assertThat(all.alice.next(Event.Lost.class).reason()).isEqualTo(Reason.CLOSED);
    assertThat(all.bob.next(Event.Lost.class).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    Connection again = all.bob.connect(CrustAddress.parse(alices(all).toString()));
    await(again.send(Message.of("and back")));
  }

  private static CrustAddress alices(Three all) {
    CrustAddress told = all.alice.address();
    return new CrustAddress(told.peer(), List.of(), told.via());
  }

  @Test
  @Execution(CONCURRENT)
  void sixty_four_mebibytes() throws Exception {
    Three all = three(FAST);
    CompletableFuture<byte[]> digest = new CompletableFuture<>();
    all.bob
        .endpoint()
        .onStream(stream -> start(() -> digest.complete(Bulk.digest(stream.input()))));
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    PeerStream stream = await(connection.openStream());
    byte[] sent = Bulk.write(stream.output(), 64 << 20);
    assertThat(digest.get(100, TimeUnit.SECONDS)).isEqualTo(sent);
    assertThat(connection.path().method()).isEqualTo(Path.Method.RELAYED);
  }

  @Test
  @Execution(CONCURRENT)
  void who_does_not_read_is_not_written_to() throws Exception {
    Three all = three(FAST);
    BlockingQueue<PeerStream> arrived = new LinkedBlockingQueue<>();
    all.bob.endpoint().onStream(arrived::add);
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    PeerStream stream = await(connection.openStream());
    CompletableFuture<byte[]> sent = new CompletableFuture<>();
    start(() -> sent.complete(Bulk.write(stream.output(), 64 << 20)));
    PeerStream there = arrived.poll(10, TimeUnit.SECONDS);
    assertThatThrownBy(() -> sent.get(3, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
    await(connection.ping());
    assertThat(Bulk.digest(there.input())).isEqualTo(sent.get(100, TimeUnit.SECONDS));
  }

  @Test
  @Execution(CONCURRENT)
  void a_relay_that_is_slower_than_who_sends() throws Exception {
    Three all =
        three(
            new RelayLimits(
                16,
                16,
                Duration.ofHours(1),
                8,
                4,
                8,
                1 << 20,
                64 << 10,
                1L << 40,
                Duration.ofHours(1)));
    CompletableFuture<byte[]> digest = new CompletableFuture<>();
    all.bob
        .endpoint()
        .onStream(stream -> start(() -> digest.complete(Bulk.digest(stream.input()))));
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    PeerStream stream = await(connection.openStream());
    byte[] sent = Bulk.write(stream.output(), 3 << 20);
    assertThat(digest.get(60, TimeUnit.SECONDS)).isEqualTo(sent);
    assertThat(connection.path().method()).isEqualTo(Path.Method.RELAYED);
  }

  @Test
  @Execution(CONCURRENT)
  void another_relay_when_one_goes() throws Exception {
    Three all = three(FAST);
    Watched further = relay(FAST);
    join(all.bob, further);
    awaitReservation(all.bob, further);
    join(all.alice, further);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    all.bob.endpoint().onMessage((from, message) -> heard.add(message.text()));
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    assertThat(connection.path().relay()).contains(all.relay.id());

    CompletableFuture<Void> told = new CompletableFuture<>();
    start(
        () -> {
          for (int i = 0; i < 2000; i++) {
            connection.send(Message.of("message " + i));
          }
          told.complete(null);
        });
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("message 0");
    all.relay.endpoint().close();
    awaitPath(all.alice, path -> path.relay().filter(further.id()::equals).isPresent());
    for (int i = 1; i < 2000; i++) {
      assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("message " + i);
    }
    told.get(10, TimeUnit.SECONDS);
  }

  @Test
  @Execution(CONCURRENT)
  void a_relay_that_falls_silent() throws Exception {
    Three all = three(FAST);
    Watched further = relay(FAST);
    join(all.bob, further);
    awaitReservation(all.bob, further);
    join(all.alice, further);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    all.bob.endpoint().onMessage((from, message) -> heard.add(message.text()));
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    await(connection.send(Message.of("before")));
    proxies.get(0).fallSilent();
    proxies.get(1).fallSilent();
    connection.send(Message.of("after"));
    awaitPath(all.alice, path -> path.relay().filter(further.id()::equals).isPresent());
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("before");
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("after");
  }

  /** The circuit outlives the path to the relay, whether or not those in it have noticed. */
  @Test
  @Execution(CONCURRENT)
  void the_path_to_the_relay_breaks_and_comes_back() throws Exception {
    Three all = three(FAST);
    CompletableFuture<byte[]> digest = new CompletableFuture<>();
    all.bob
        .endpoint()
        .onStream(stream -> start(() -> digest.complete(Bulk.digest(stream.input()))));
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    PeerStream stream = await(connection.openStream());
    CompletableFuture<byte[]> sent = new CompletableFuture<>();
    start(() -> sent.complete(Bulk.write(stream.output(), 32 << 20)));
    for (int i = 0; i < 6; i++) {
      TcpProxy cut = proxies.get(i % 2);
      cut.cutAfter(1 << 20);
      for (int turns = 0; cut.cutIsDue() && turns < 100 && !digest.isDone(); turns++) {
        all.alice.events().poll(100, TimeUnit.MILLISECONDS);
      }
    }
    assertThat(digest.get(100, TimeUnit.SECONDS)).isEqualTo(sent.get(1, TimeUnit.SECONDS));
    assertThat(all.alice.events()).noneMatch(Event.Lost.class::isInstance);
  }

  @Test
  @Execution(CONCURRENT)
  void an_endpoint_that_closes_says_so_through_the_relay() throws Exception {
    Three all = three(FAST);
    all.alice.connect(by(all.bob, all.relay));
    all.bob.endpoint().close();
    Event.Lost lost = all.alice.next(Event.Lost.class);
    assertThat(lost.connection().peer()).isEqualTo(all.bob.id());
    assertThat(lost.reason()).isEqualTo(Reason.PEER_ENDPOINT_CLOSED);
  }

  @Test
  @Execution(CONCURRENT)
  void a_direct_path_takes_over() throws Exception {
    Three all = new Three(home(), relay(FAST), home());
    all.bob.connect(all.relay.address());
    awaitReservation(all.bob, all.relay);
    all.alice.connect(all.relay.address());
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    all.bob.endpoint().onMessage((from, message) -> heard.add(message.text()));
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    if (connection.path().method() == Path.Method.RELAYED) {
      awaitPath(all.alice, path -> path.method() == Path.Method.HOST);
    }
    all.relay.endpoint().close();
    await(connection.send(Message.of("without a relay")));
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("without a relay");
    assertThat(connection.path().method()).isEqualTo(Path.Method.HOST);
  }

  private static void refused(ConnectFailedException failure, String detail) {
    assertThat(failure.reason()).isEqualTo(Reason.RELAY_REFUSED);
    assertThat(failure.attempts())
        .singleElement()
        .satisfies(attempt -> assertThat(attempt.detail()).contains(detail));
  }

  @Test
  @Execution(CONCURRENT)
  void a_peer_that_nobody_knows() throws Exception {
    Three all = three(FAST);
    Watched stranger = home();
    refused(all.alice.failure(by(stranger, all.relay)), "not-connected");
  }

  @Test
  @Execution(CONCURRENT)
  void a_peer_that_uses_no_relays() throws Exception {
    Three all = three(FAST);
    Watched carol = endpoints.open(it -> it.relaying(Relaying.NEVER).punching(Punching.OFF));
    join(carol, all.relay);
    awaitConnected(all.relay, carol);
    refused(all.alice.failure(by(carol, all.relay)), "no-reservation");
    assertThat(carol.failure(by(all.bob, all.relay)).reason()).isEqualTo(Reason.NO_CANDIDATES);
  }

  @Test
  @Execution(CONCURRENT)
  void oneself() throws Exception {
    Three all = three(FAST);
    assertThat(all.alice.failure(by(all.alice, all.relay)).reason()).isEqualTo(Reason.SELF);
  }

  @Test
  @Execution(CONCURRENT)
  void one_circuit_too_many() throws Exception {
    Three all =
        three(
            new RelayLimits(
                16,
                16,
                Duration.ofHours(1),
                1,
                4,
                8,
                1 << 20,
                1 << 20,
                1L << 40,
                Duration.ofHours(1)));
    Watched carol = home();
    join(carol, all.relay);
    awaitReservation(carol, all.relay);
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    awaitConnected(all.bob, all.alice);
    refused(all.alice.failure(by(carol, all.relay)), "too-many-circuits");
    connection.close();
    assertThat(all.bob.next(Event.Lost.class).reason()).isEqualTo(Reason.CLOSED_BY_PEER);
    CompletableFuture<Connection> freed = new CompletableFuture<>();
    for (int i = 0; i < 16 && !freed.isDone(); i++) {
      // The relay hears a little later that the circuit was left, and tells nobody.
      all.relay.events().poll(i == 0 ? 0 : 600, TimeUnit.MILLISECONDS);
      all.alice
          .endpoint()
          .connect(by(carol, all.relay))
          .toCompletableFuture()
          .handle((up, failed) -> up != null && freed.complete(up))
          .get(10, TimeUnit.SECONDS);
    }
    await(freed.get(0, TimeUnit.SECONDS).ping());
  }

  @Test
  @Execution(CONCURRENT)
  void a_peer_that_does_not_relay() throws Exception {
    Watched alice = home();
    Watched friend = home();
    Watched bob = home();
    join(alice, friend);
    join(bob, friend);
    assertThat(alice.failure(by(bob, friend)).reason()).isEqualTo(Reason.NO_RELAY);
  }

  @Test
  @Execution(CONCURRENT)
  void a_circuit_that_has_carried_enough() throws Exception {
    Three all =
        three(
            new RelayLimits(
                16,
                16,
                Duration.ofHours(1),
                8,
                4,
                8,
                1 << 30,
                1 << 30,
                1 << 20,
                Duration.ofHours(1)));
    CompletableFuture<byte[]> digest = new CompletableFuture<>();
    all.bob
        .endpoint()
        .onStream(stream -> start(() -> digest.complete(Bulk.digest(stream.input()))));
    Connection connection = all.alice.connect(by(all.bob, all.relay));
    PeerStream stream = await(connection.openStream());
    byte[] sent = Bulk.write(stream.output(), 5 << 20);
    assertThat(digest.get(100, TimeUnit.SECONDS)).as("by circuit after circuit").isEqualTo(sent);
    Event.PathChanged capped = all.alice.next(Event.PathChanged.class);
    assertThat(capped.reason()).isEqualTo(Reason.RELAY_REFUSED);
  }

  private static void echo(PeerStream stream) throws Exception {
    stream.input().transferTo(stream.output());
    stream.finish();
  }

  private interface Task {
    void run() throws Exception;
  }

  private static void start(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (Exception e) {
                // Whoever waits for its outcome says so.
                return;
              }
            },
            "relayed");
    thread.setDaemon(true);
    thread.start();
  }
}
