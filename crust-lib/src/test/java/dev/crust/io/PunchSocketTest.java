package dev.crust.io;

import static dev.crust.io.Talker.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.proto.identity.PeerCertificate;
import dev.crust.proto.punch.TcpPunch.Failure;
import dev.crust.proto.punch.TcpPunch.TlsRole;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sockets between two ports on which both sides listen. */
@Timeout(60)
final class PunchSocketTest {
  private static final int BYTES = 100_000;

  private Host anne;
  private Host ben;

  @BeforeEach
  void open() throws Exception {
    anne = new Host("anne");
    ben = new Host("ben");
  }

  @AfterEach
  void close() {
    anne.close();
    ben.close();
  }

  /** One that expects sockets from wherever it is told, and hears what becomes of them. */
  private static final class Host
      implements PunchSocket.Ear, PunchSocket.Expectation, AutoCloseable {
    final Identity identity = Identity.ephemeral();
    final BlockingQueue<PunchSocket> connected = new LinkedBlockingQueue<>();
    final BlockingQueue<Object> ended = new LinkedBlockingQueue<>();
    final BlockingQueue<Talker> talkers = new LinkedBlockingQueue<>();
    final Map<InetSocketAddress, Boolean> expected = new ConcurrentHashMap<>();
    final EventLoops loops;
    final Tls tls;
    final TcpPort.Listener listener;

    Host(String name) throws Exception {
      loops = new EventLoops("punch-" + name);
      tls = new Tls(PeerCertificate.create(identity, new SecureRandom()), Tls.Engine.best());
      listener =
          new TcpPort(loops, tls)
              .listen(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                  this::reader,
                  this,
                  NonceEar.none());
    }

    Pipe.Reader reader(Pipe pipe) {
      Talker talker = new Talker(pipe, BYTES, BYTES);
      talkers.add(talker);
      return talker;
    }

    InetSocketAddress bound() {
      return listener.bound();
    }

    PunchSocket dial(InetSocketAddress remote) {
      return listener.towards(remote).orElseThrow().dial(remote, this);
    }

    PunchSocket awaitConnected() throws InterruptedException {
      return present(connected);
    }

    @Override
    public void connected(PunchSocket socket) {
      connected.add(socket);
    }

    @Override
    public void secured(PunchSocket socket, PeerId peer) {
      ended.add(peer);
    }

    @Override
    public void failed(PunchSocket socket, Failure why) {
      ended.add(why);
    }

    @Override
    public Optional<PunchSocket.Ear> at(InetSocketAddress remote) {
      return expected.containsKey(remote) ? Optional.of(this) : Optional.empty();
    }

    @Override
    public Optional<PunchSocket.Ear> near(InetAddress host) {
      return Optional.of(this);
    }

    @Override
    public void close() {
      listener.close();
      loops.close();
      tls.close();
    }
  }

  private static <T> T present(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(20, TimeUnit.SECONDS);
    assertThat(next).isNotNull();
    return next;
  }

  /** Anne dials, and ben has expected her. */
  private void meet() {
    ben.expected.put(anne.bound(), true);
    anne.dial(ben.bound());
  }

  @ParameterizedTest
  @EnumSource(TlsRole.class)
  void roles_have_nothing_to_do_with_who_dialled(TlsRole annes) throws Exception {
    meet();
    PunchSocket one = anne.awaitConnected();
    PunchSocket other = ben.awaitConnected();
    assertThat(one.dialled()).isTrue();
    assertThat(other.dialled()).isFalse();
    assertThat(other.remote()).isEqualTo(anne.bound());
    TlsRole bens = annes == TlsRole.CLIENT ? TlsRole.SERVER : TlsRole.CLIENT;
    one.secure(annes, ben.identity.peerId(), anne::reader);
    other.secure(bens, anne.identity.peerId(), ben::reader);
    assertThat(present(anne.ended)).isEqualTo(ben.identity.peerId());
    assertThat(present(ben.ended)).isEqualTo(anne.identity.peerId());
    for (Host host : new Host[] {anne, ben}) {
      Talker talker = present(host.talkers);
      assertThat(await(talker.arrived)).isTrue();
      assertThat(talker.pipe.local()).isEqualTo(host.bound());
      assertThat(talker.pipe.remote()).isEqualTo((host == anne ? ben : anne).bound());
    }
  }

  @Test
  void nothing_is_read_before_the_role_is_known() throws Exception {
    meet();
    anne.awaitConnected().secure(TlsRole.CLIENT, ben.identity.peerId(), anne::reader);
    PunchSocket waiting = ben.awaitConnected();
    assertThat(ben.ended.poll(200, TimeUnit.MILLISECONDS)).isNull();
    assertThat(ben.talkers).isEmpty();
    waiting.admit();
    assertThat(present(ben.ended)).isEqualTo(anne.identity.peerId());
  }

  @Test
  void another_identity_is_not_the_peer() throws Exception {
    meet();
    anne.awaitConnected().secure(TlsRole.CLIENT, Identity.ephemeral().peerId(), anne::reader);
    ben.awaitConnected().admit();
    assertThat(present(anne.ended)).isEqualTo(Failure.NOT_THE_PEER);
  }

  @Test
  void whoever_is_dropped_hears_it() throws Exception {
    meet();
    PunchSocket dropped = anne.awaitConnected();
    ben.awaitConnected().secure(TlsRole.CLIENT, anne.identity.peerId(), ben::reader);
    dropped.abort();
    assertThat(present(ben.ended)).isEqualTo(Failure.RESET);
    assertThat(anne.ended).isEmpty();
  }

  @Test
  void a_guest_from_near_by_is_watched_and_no_more() throws Exception {
    TcpPort tcp = new TcpPort(anne.loops, anne.tls);
    CompletableFuture<Talker> dialling = new CompletableFuture<>();
    tcp.dial(
        ben.bound(),
        ben.identity.peerId(),
        java.time.Duration.ofSeconds(10),
        pipe -> {
          Talker talker = new Talker(pipe, BYTES, BYTES);
          dialling.complete(talker);
          return talker;
        });
    assertThat(present(ben.ended)).isEqualTo(anne.identity.peerId());
    assertThat(ben.connected).isEmpty();
    assertThat(await(await(dialling).arrived)).isTrue();
    assertThat(await(present(ben.talkers).arrived)).isTrue();
  }

  @Test
  void nobody_listens_there() throws Exception {
    InetSocketAddress nowhere;
    try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nowhere = new InetSocketAddress(gone.getInetAddress(), gone.getLocalPort());
    }
    anne.dial(nowhere);
    assertThat(present(anne.ended)).isEqualTo(Failure.REFUSED);
  }

  @Test
  void two_ends_have_one_connection() throws Exception {
    meet();
    anne.awaitConnected();
    ben.awaitConnected();
    ben.dial(anne.bound());
    assertThat(present(ben.ended)).isEqualTo(Failure.IN_USE);
  }

  /** Whichever side dials again, and whichever has closed. */
  @ParameterizedTest
  @EnumSource(TlsRole.class)
  void those_who_have_parted_can_meet_again(TlsRole annes) throws Exception {
    TlsRole bens = annes == TlsRole.CLIENT ? TlsRole.SERVER : TlsRole.CLIENT;
    anne.expected.put(ben.bound(), true);
    for (int i = 0; i < 4; i++) {
      ben.expected.put(anne.bound(), true);
      Host dialling = i % 2 == 0 ? anne : ben;
      dialling.dial((dialling == anne ? ben : anne).bound());
      anne.awaitConnected().secure(annes, ben.identity.peerId(), anne::reader);
      ben.awaitConnected().secure(bens, anne.identity.peerId(), ben::reader);
      assertThat(present(anne.ended)).isEqualTo(ben.identity.peerId());
      assertThat(present(ben.ended)).isEqualTo(anne.identity.peerId());
      Talker annesTalker = present(anne.talkers);
      Talker bensTalker = present(ben.talkers);
      assertThat(await(annesTalker.arrived)).isTrue();
      assertThat(await(bensTalker.arrived)).isTrue();
      Talker parting = i < 2 ? annesTalker : bensTalker;
      parting.pipe.loop().execute(parting.pipe::part);
      await(annesTalker.closed);
      await(bensTalker.closed);
    }
  }

  @Test
  void after_a_reset_the_same_two_ends_meet_again() throws Exception {
    for (int i = 0; i < 3; i++) {
      meet();
      PunchSocket one = anne.awaitConnected();
      ben.awaitConnected();
      one.abort();
      assertThat(present(ben.ended)).isEqualTo(Failure.RESET);
    }
  }

  @Test
  void a_port_leads_only_where_its_address_does() {
    InetSocketAddress outside = new InetSocketAddress("198.51.100.1", 4001);
    assertThat(anne.listener.towards(outside)).isEmpty();
    assertThat(anne.listener.towards(ben.bound())).isPresent();
  }
}
