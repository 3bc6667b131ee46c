package dev.crust.io;

import static dev.crust.io.Talker.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.ConnectFailedException;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Event;
import dev.crust.Identity;
import dev.crust.Message;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.proto.identity.PeerCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which certificates get a peer in: the same by TCP and by QUIC, for whoever dials. */
@Timeout(60)
final class CertificatesTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

  static List<Arguments> bad() throws Exception {
    return by(List.of(BadCertificates.values()));
  }

  /** What looks at them is the same as for diallers. */
  static List<Arguments> some() throws Exception {
    return by(List.of(BadCertificates.RSA, BadCertificates.BORROWED, BadCertificates.ECDSA_PEER));
  }

  /** Each by every transport; making one may take a second. */
  private static List<Arguments> by(List<BadCertificates> kinds) throws Exception {
    List<Arguments> all = new ArrayList<>();
    for (BadCertificates kind : kinds) {
      PeerCertificate made = kind.make();
      for (Transport by : Transport.values()) {
        all.add(Arguments.of(by, Named.of(kind.toString(), made), kind.complaint()));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("bad")
  void a_dialler_with_a_bad_one(Transport by, PeerCertificate bad, String complaint)
      throws Exception {
    try (Endpoint alice = endpoint(by);
        Stranger mallory = new Stranger(by, bad)) {
      Talker pipe = mallory.dial(alice.address().candidates().get(0).address(), alice.id());
      await(pipe.closed);
      Event.Refused refused = next(Event.Refused.class);
      assertThat(refused.reason()).isEqualTo(Reason.HANDSHAKE_FAILED);
      assertThat(refused.detail()).containsIgnoringCase(complaint);
      assertThat(refused.peer()).isEmpty();
      assertThat(alice.connections()).isEmpty();
      stillServes(alice, by);
    }
  }

  @ParameterizedTest
  @MethodSource("some")
  void a_listener_with_a_bad_one(Transport by, PeerCertificate bad, String complaint)
      throws Exception {
    try (Endpoint alice = endpoint(by);
        Stranger mallory = new Stranger(by, bad)) {
      ConnectFailedException failure =
          failure(alice, mallory.address(by, Identity.ephemeral().peerId()));
      assertThat(failure.reason()).isEqualTo(Reason.HANDSHAKE_FAILED);
      Attempt attempt = failure.attempts().get(0);
      assertThat(attempt.detail()).containsIgnoringCase(complaint);
      assertThat(alice.connections()).isEmpty();
      stillServes(alice, by);
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void a_listener_with_a_good_one_of_somebody_else(Transport by) throws Exception {
    Identity other = Identity.ephemeral();
    PeerCertificate good = PeerCertificate.create(other, new SecureRandom());
    try (Endpoint alice = endpoint(by);
        Stranger mallory = new Stranger(by, good)) {
      ConnectFailedException failure =
          failure(alice, mallory.address(by, Identity.ephemeral().peerId()));
      assertThat(failure.reason()).isEqualTo(Reason.IDENTITY_MISMATCH);
      assertThat(failure.attempts().get(0).detail()).contains(other.peerId().toString());
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void good_ones(Transport by) throws Exception {
    Identity identity = Identity.ephemeral();
    PeerCertificate good = PeerCertificate.create(identity, new SecureRandom());
    try (Endpoint alice = endpoint(by);
        Stranger friend = new Stranger(by, good);
        Stranger other = new Stranger(by, good)) {
      Talker dialler = friend.dial(alice.address().candidates().get(0).address(), alice.id());
      assertThat(await(dialler.opened)).isEqualTo(alice.id());
      Talker listened = friend.dial(other.bound, identity.peerId());
      assertThat(await(listened.opened)).isEqualTo(identity.peerId());
    }
  }

  private Endpoint endpoint(Transport by) throws IOException {
    Endpoint endpoint = Endpoint.builder().discoveries(List.of()).listen(by, ANY_PORT).open();
    endpoint.onEvent(events::add);
    return endpoint;
  }

  private <T extends Event> T next(Class<T> kind) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    for (long left = 1; left > 0; left = end - System.nanoTime()) {
      Event event = events.poll(left, TimeUnit.NANOSECONDS);
      if (kind.isInstance(event)) {
        return kind.cast(event);
      }
    }
    throw new AssertionError("no " + kind.getSimpleName());
  }

  private static ConnectFailedException failure(Endpoint endpoint, CrustAddress address)
      throws Exception {
    try {
      await(endpoint.connect(address).toCompletableFuture());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConnectFailedException failure) {
        return failure;
      }
      throw e;
    }
    throw new AssertionError("the dial should have failed");
  }

  private void stillServes(Endpoint alice, Transport by) throws Exception {
    try (Endpoint friend = endpoint(by)) {
      Connection connection = await(friend.connect(alice.address()).toCompletableFuture());
      await(connection.send(Message.of("hello")).toCompletableFuture());
    }
  }

  /** Somebody with a certificate of his own, who listens and dials. */
  private static final class Stranger implements AutoCloseable {
    private final EventLoops loops = new EventLoops("stranger");
    private final Runnable end;
    private final Dialler dialler;
    final InetSocketAddress bound;

    private interface Dialler {
      void dial(
          InetSocketAddress to, PeerId peer, Duration timeout, Function<Pipe, Pipe.Reader> readers);
    }

    Stranger(Transport by, PeerCertificate own) throws Exception {
      if (by == Transport.TCP) {
        Tls opened = new Tls(own, Tls.Engine.best());
        TcpPort tcp = new TcpPort(loops, opened);
        TcpPort.Listener listener = tcp.listen(ANY_PORT, pipe -> new Talker(pipe, 0, 0));
        end =
            () -> {
              listener.close();
              loops.close();
              opened.close();
            };
        bound = listener.bound();
        dialler = tcp::dial;
      } else {
        QuicTls opened = new QuicTls(own);
        UdpPort udp =
            UdpPort.open(
                    loops, opened, InstantSource.system(), ANY_PORT, pipe -> new Talker(pipe, 0, 0))
                .join();
        end =
            () -> {
              udp.close();
              loops.close();
              opened.close();
            };
        bound = udp.bound();
        dialler = udp::dial;
      }
    }

    CrustAddress address(Transport by, PeerId peer) {
      Candidate candidate = by == Transport.TCP ? Candidate.tcp(bound) : Candidate.quic(bound);
      return CrustAddress.of(peer, List.of(candidate));
    }

    Talker dial(InetSocketAddress to, PeerId peer) throws Exception {
      CompletableFuture<Talker> made = new CompletableFuture<>();
      dialler.dial(
          to,
          peer,
          Duration.ofSeconds(10),
          pipe -> {
            Talker talker = new Talker(pipe, 0, 0);
            made.complete(talker);
            return talker;
          });
      return await(made);
    }

    @Override
    public void close() {
      end.run();
    }
  }
}
