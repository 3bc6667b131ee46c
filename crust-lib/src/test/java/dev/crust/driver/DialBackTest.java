package dev.crust.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.reachability.AddressCheck;
import dev.crust.proto.reachability.DialBackStream;
import dev.crust.proto.reachability.Nonce;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Protocol;
import dev.crust.spi.TraversalCandidate;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Dial-backs over real sockets, all of this host: 127.0.0.2 stands for the address of one who asks,
 * 127.0.0.1 for that of one who dials back.
 */
@Timeout(60)
final class DialBackTest {
  private static final int PATIENCE_SECONDS = 10;
  private static final InetAddress HERE = InetAddress.getLoopbackAddress();
  private static final InetAddress THERE = new InetSocketAddress("127.0.0.2", 1).getAddress();

  private final List<Endpoint> open = new ArrayList<>();
  private Endpoint server;
  private Endpoint asker;
  private LocalConnection toServer;
  private final BlockingQueue<Event> toldAsker = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() throws Exception {
    server = endpoint(HERE);
    desk().dials(ip -> true);
    asker = endpoint(THERE);
    asker.onEvent(toldAsker::add);
    toServer = dialledBy(server);
  }

  /** So the asker has sent nothing of its own accord to whoever dials it. */
  private LocalConnection dialledBy(Endpoint peer) throws Exception {
    CompletableFuture<Connection> arrived = new CompletableFuture<>();
    asker.onEvent(
        event -> {
          if (event instanceof Event.Connected it && it.connection().peer().equals(peer.id())) {
            arrived.complete(it.connection());
          }
        });
    await(peer.connect(asker.address()));
    return (LocalConnection) await(arrived);
  }

  private Endpoint endpoint(InetAddress at) throws Exception {
    Endpoint opened =
        Endpoint.builder()
            .listen(Transport.TCP, new InetSocketAddress(at, 0))
            .listen(Transport.QUIC, new InetSocketAddress(at, 0))
            .discoveries(List.of())
            .relaying(Relaying.NEVER)
            .punching(Punching.OFF)
            .open();
    open.add(opened);
    return opened;
  }

  @AfterEach
  void close() {
    open.forEach(Endpoint::close);
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private <T extends Event> T next(Class<T> kind) throws InterruptedException {
    Event event = toldAsker.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    while (event != null && !kind.isInstance(event)) {
      event = toldAsker.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    assertThat(event).as("the next %s", kind.getSimpleName()).isNotNull();
    return kind.cast(event);
  }

  private static TraversalCandidate candidate(Protocol protocol, InetSocketAddress address) {
    return new TraversalCandidate(TraversalCandidate.Kind.HOST, protocol, address);
  }

  private static TraversalCandidate candidate(Protocol protocol, InetAddress ip, int port) {
    return candidate(protocol, new InetSocketAddress(ip, port));
  }

  private TraversalCandidate listening(Transport transport) {
    return asker.address().candidates().stream()
        .filter(each -> each.transport() == transport)
        .map(
            each ->
                candidate(transport == Transport.TCP ? Protocol.TCP : Protocol.UDP, each.address()))
        .findFirst()
        .orElseThrow();
  }

  /** A question by hand, and what is answered to it. */
  private static final class Line implements ServiceStream.User {
    private final ServiceStream stream;
    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
    private final DialBackStream reader = new DialBackStream();

    Line(LocalConnection connection) {
      this.stream = connection.openService(DialBackStream.SERVICE);
      stream.use(this);
    }

    Line say(ByteBuffer bytes) {
      stream.write(bytes);
      return this;
    }

    Object answer() throws InterruptedException {
      return String.valueOf(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    byte[] report() throws InterruptedException {
      return (byte[]) heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      stream.taken(bytes.remaining());
      try {
        reader.read(bytes).ifPresent(heard::add);
      } catch (MalformedMessageException e) {
        heard.add(String.valueOf(e.getMessage()));
      }
    }

    @Override
    public void onReset(long code) {
      heard.add("reset " + code);
    }

    @Override
    public void onRoom() {}

    @Override
    public void onEnd() {}

    @Override
    public void onStopped() {}

    @Override
    public void onLost() {
      heard.add("lost");
    }
  }

  /** The questions of a machine whose clock is that of the test. */
  private static final class Questions {
    final AddressCheck check = new AddressCheck(new SplittableRandom(1));

    AddressCheck.Effect.Ask about(PeerId server, TraversalCandidate... addresses) {
      check.onServer(server, Instant.EPOCH);
      return (AddressCheck.Effect.Ask) check.onCandidates(List.of(addresses), Instant.EPOCH).get(0);
    }
  }

  private static void stillThere(Connection connection) throws Exception {
    await(connection.ping());
  }

  private DialBackDesk desk() {
    return ((LocalEndpoint) server).peers().dialBacks();
  }

  @Test
  void the_nonce_comes_alone_by_both_protocols_from_a_fresh_port() throws Exception {
    try (ServerSocket tcp = new ServerSocket(0, 1, THERE);
        DatagramSocket udp = new DatagramSocket(0, THERE)) {
      AddressCheck.Effect.Ask ask =
          new Questions()
              .about(
                  server.id(),
                  candidate(Protocol.TCP, THERE, tcp.getLocalPort()),
                  candidate(Protocol.UDP, THERE, udp.getLocalPort()));
      Line line = new Line(toServer).say(DialBackStream.encode(ask.body()));
      tcp.setSoTimeout(1000 * PATIENCE_SECONDS);
      udp.setSoTimeout(1000 * PATIENCE_SECONDS);
      try (Socket come = tcp.accept()) {
        assertThat(Nonce.decode(come.getInputStream().readAllBytes()))
            .isEqualTo(ask.nonces().get(0));
        assertThat(come.getInetAddress()).isEqualTo(HERE);
      }
      DatagramPacket datagram = new DatagramPacket(new byte[100], 100);
      udp.receive(datagram);
      assertThat(Nonce.decode(Arrays.copyOf(datagram.getData(), datagram.getLength())))
          .isEqualTo(ask.nonces().get(1));
      assertThat(line.report().length).isBetween(1, ask.body().length);
      assertThat(desk().refused()).isZero();
    }
  }

  @Test
  void who_asks_for_others_gets_nobody_dialled() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, HERE)) {
      AddressCheck.Effect.Ask ask =
          new Questions().about(server.id(), candidate(Protocol.TCP, HERE, other.getLocalPort()));
      byte[] report = new Line(toServer).say(DialBackStream.encode(ask.body())).report();
      assertThat(report).isNotEmpty();
      assertThat(desk().refused()).isEqualTo(1);
      // Nobody is in the queue of those who have connected.
      other.setSoTimeout(1);
      assertThat(accepted(other)).isFalse();
    }
    stillThere(toServer);
  }

  /** A forwarder on this host, or a router, would show anybody there. */
  @Test
  void who_is_seen_on_a_network_of_the_servers_gets_nothing_dialled() throws Exception {
    Endpoint other = endpoint(HERE);
    try (ServerSocket tcp = new ServerSocket(0, 1, THERE)) {
      AddressCheck.Effect.Ask ask =
          new Questions().about(other.id(), candidate(Protocol.TCP, THERE, tcp.getLocalPort()));
      Line line = new Line(dialledBy(other)).say(DialBackStream.encode(ask.body()));
      assertThat(line.answer()).isEqualTo("reset 2");
      tcp.setSoTimeout(1);
      assertThat(accepted(tcp)).isFalse();
    }
  }

  private static boolean accepted(ServerSocket socket) throws Exception {
    try {
      socket.accept().close();
      return true;
    } catch (java.net.SocketTimeoutException nobody) {
      return false;
    }
  }

  @Test
  void words_that_are_none() throws Exception {
    int refused = 0;
    for (byte[] words :
        List.of(new byte[] {-1, -1, -1}, new byte[] {3, 1, 2, 3}, new byte[] {2, 0x12, 0, 9})) {
      assertThat(new Line(toServer).say(ByteBuffer.wrap(words)).answer())
          .as("to %s", Arrays.toString(words))
          .isIn("reset 1", "reset 3");
      stillThere(toServer);
      assertThat(desk().refused()).isEqualTo(++refused);
    }
  }

  @Test
  void one_who_never_stops_asking_is_answered_and_refused() throws Exception {
    try (ServerSocket tcp = new ServerSocket(0, 100, THERE)) {
      AddressCheck.Effect.Ask ask =
          new Questions().about(server.id(), candidate(Protocol.TCP, THERE, tcp.getLocalPort()));
      List<Line> lines = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        lines.add(new Line(toServer).say(DialBackStream.encode(ask.body())));
      }
      for (Line line : lines) {
        assertThat(line.report()).isNotEmpty();
      }
      int come = 0;
      tcp.setSoTimeout(100);
      while (come < 50 && accepted(tcp)) {
        come++;
      }
      assertThat(come).as("a burst of 8, and one in 10 seconds").isBetween(8, 14);
      assertThat(desk().refused()).isBetween(36L, 42L);
    }
    stillThere(toServer);
  }

  @Test
  void an_endpoint_finds_out_and_its_user_hears_of_nothing_else() throws Exception {
    ReachabilityView view = ((LocalEndpoint) asker).peers().reachability();
    TraversalCandidate tcp = listening(Transport.TCP);
    TraversalCandidate udp = listening(Transport.QUIC);
    onControl(view, () -> view.consider(List.of(tcp, udp), false));
    onControl(view, () -> view.onServer(server.id()));
    Event.Reachability first = next(Event.Reachability.class);
    Event.Reachability last =
        first.tcp() == Reachability.PUBLIC && first.udp() == Reachability.PUBLIC
            ? first
            : next(Event.Reachability.class);
    assertThat(List.of(last.tcp(), last.udp())).containsOnly(Reachability.PUBLIC);
    stillThere(toServer);
    assertThat(toldAsker).noneMatch(Event.Refused.class::isInstance);
    assertThat(asker.connections()).hasSize(1);
  }

  @Test
  void where_nobody_listens_two_servers_are_believed_and_one_is_not() throws Exception {
    ReachabilityView view = ((LocalEndpoint) asker).peers().reachability();
    TraversalCandidate nowhere;
    try (ServerSocket closed = new ServerSocket(0, 1, THERE)) {
      nowhere = candidate(Protocol.TCP, THERE, closed.getLocalPort());
    }
    onControl(view, () -> view.consider(List.of(nowhere), false));
    onControl(view, () -> view.onServer(server.id()));
    Endpoint second = endpoint(HERE);
    ((LocalEndpoint) second).peers().dialBacks().dials(ip -> true);
    dialledBy(second);
    onControl(view, () -> view.onServer(second.id()));
    Event.Reachability told = next(Event.Reachability.class);
    assertThat(told)
        .isEqualTo(new Event.Reachability(Reachability.PUNCHABLE, Reachability.UNKNOWN));
    stillThere(toServer);
  }

  private void onControl(ReachabilityView view, Runnable task) throws Exception {
    CompletableFuture<Void> done = new CompletableFuture<>();
    view.context()
        .onControl(
            () -> {
              task.run();
              done.complete(null);
            });
    await(done);
  }

  @Test
  void a_nonce_that_nobody_waits_for_goes_no_further() throws Exception {
    InetSocketAddress tcp = listening(Transport.TCP).address();
    byte[] nonce = new Nonce(7).encode();
    for (int i = 0; i < 20; i++) {
      try (Socket socket = new Socket(tcp.getAddress(), tcp.getPort())) {
        socket.setSoTimeout(1000 * PATIENCE_SECONDS);
        socket.getOutputStream().write(nonce, 0, 4);
        socket.getOutputStream().flush();
        socket.getOutputStream().write(nonce, 4, 5);
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      }
    }
    try (DatagramSocket socket = new DatagramSocket()) {
      InetSocketAddress udp = listening(Transport.QUIC).address();
      for (int i = 0; i < 20; i++) {
        socket.send(new DatagramPacket(nonce, nonce.length, udp));
      }
    }
    stillThere(toServer);
    assertThat(toldAsker).noneMatch(Event.Refused.class::isInstance);
    assertThat(toldAsker).noneMatch(Event.Reachability.class::isInstance);
  }

  /** It has no ends yet, at which one could see whether we have sent to the stranger. */
  @Test
  void a_stranger_is_let_in_while_a_dial_of_ours_is_under_way() throws Exception {
    TraversalCandidate own = listening(Transport.TCP);
    ReachabilityView view = ((LocalEndpoint) asker).peers().reachability();
    onControl(view, () -> view.consider(List.of(own), false));
    InetAddress elsewhere = new InetSocketAddress("127.0.0.3", 1).getAddress();
    try (ServerSocket full = new ServerSocket(0, 1, elsewhere);
        Socket one = new Socket(elsewhere, full.getLocalPort());
        Socket two = new Socket(elsewhere, full.getLocalPort())) {
      InetSocketAddress busy = new InetSocketAddress(elsewhere, full.getLocalPort());
      CompletionStage<Connection> underWay =
          asker.connect(
              CrustAddress.of(PeerId.of(new byte[PeerId.LENGTH]), List.of(Candidate.tcp(busy))));
      Endpoint stranger =
          Endpoint.builder()
              .listen(Transport.TCP, new InetSocketAddress(HERE, 0))
              .transports(Set.of(Transport.TCP))
              .discoveries(List.of())
              .relaying(Relaying.NEVER)
              .punching(Punching.OFF)
              .open();
      open.add(stranger);
      stillThere(dialledBy(stranger));
      assertThat(underWay.toCompletableFuture()).isNotDone();
      assertThat(one.isConnected() && two.isConnected()).isTrue();
    }
  }
}
