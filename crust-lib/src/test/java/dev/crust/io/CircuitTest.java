package dev.crust.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.proto.identity.PeerCertificate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a relay can do to those whose bytes it carries, and what it cannot. */
@Timeout(60)
final class CircuitTest {
  private static final int BYTES = 8 << 20;

  private final EventLoops loops = new EventLoops("circuit-test");
  private final Identity alice = Identity.ephemeral();
  private final Identity bob = Identity.ephemeral();
  private final Identity relay = Identity.ephemeral();
  private Tls ofAlice;
  private Tls ofBob;
  private Tls ofRelay;

  @BeforeEach
  void certificates() throws Exception {
    ofAlice = tls(alice);
    ofBob = tls(bob);
    ofRelay = tls(relay);
  }

  private static Tls tls(Identity identity) throws Exception {
    return new Tls(PeerCertificate.create(identity, new SecureRandom()), Tls.Engine.best());
  }

  @AfterEach
  void close() {
    loops.close();
    ofAlice.close();
    ofBob.close();
    ofRelay.close();
  }

  /** A relay between two ends that does something to what passes one way; a little at a time. */
  private final class Line implements CircuitWire {
    private static final int MOST = 64 << 10;

    private final UnaryOperator<ByteBuffer> tampering;
    private @Nullable Circuit own;
    private @Nullable Circuit other;
    private int underWay;

    Line(UnaryOperator<ByteBuffer> tampering) {
      this.tampering = tampering;
    }

    @Override
    public long room() {
      return (long) MOST - underWay;
    }

    @Override
    public void write(ByteBuffer bytes) {
      int length = bytes.remaining();
      assertThat(length).isPositive();
      underWay += length;
      assertThat(underWay).as("under way").isLessThanOrEqualTo(MOST);
      loops
          .control()
          .execute(
              () -> {
                underWay -= length;
                if (other != null) {
                  other.onBytes(tampering.apply(bytes));
                }
                if (own != null) {
                  own.onRoom();
                }
              });
    }

    @Override
    public void close() {
      loops
          .control()
          .execute(
              () -> {
                if (other != null) {
                  other.onEnd();
                }
              });
    }
  }

  private record Ends(Talker dialler, Talker accepter, Circuit dialled) {}

  /** A circuit from alice to whoever answers as bob. */
  private Ends circuit(Tls answering, UnaryOperator<ByteBuffer> tampering, long bytes)
      throws Exception {
    return loops
        .control()
        .submit(
            () -> {
              Line there = new Line(tampering);
              Line back = new Line(it -> it);
              InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
              InetSocketAddress remote = new InetSocketAddress(InetAddress.getLoopbackAddress(), 2);
              Circuit.Way way = Circuit.Way.by(relay.peerId(), Transport.TCP, here, remote);
              CompletableFuture<Talker> accepter = new CompletableFuture<>();
              CompletableFuture<Talker> dialler = new CompletableFuture<>();
              Circuit accepted =
                  Circuit.accept(
                      answering, loops.control(), back, way, pipe -> talker(pipe, bytes, accepter));
              Circuit dialled =
                  Circuit.dial(
                      ofAlice,
                      loops.control(),
                      there,
                      way,
                      bob.peerId(),
                      Duration.ofSeconds(20),
                      pipe -> talker(pipe, bytes, dialler));
              there.own = dialled;
              there.other = accepted;
              back.own = accepted;
              back.other = dialled;
              return new Ends(dialler.get(), accepter.get(), dialled);
            })
        .get(10, TimeUnit.SECONDS);
  }

  private static Talker talker(Pipe pipe, long bytes, CompletableFuture<Talker> made) {
    Talker talker = new Talker(pipe, bytes, bytes);
    made.complete(talker);
    return talker;
  }

  @Test
  void carries_bytes_both_ways_and_ends_when_an_end_closes() throws Exception {
    Ends ends = circuit(ofBob, it -> it, BYTES);
    assertThat(Talker.await(ends.dialler.opened)).isEqualTo(bob.peerId());
    assertThat(Talker.await(ends.accepter.opened)).isEqualTo(alice.peerId());
    Talker.await(ends.dialler.arrived);
    Talker.await(ends.accepter.arrived);
    assertThat(ends.dialler.pipe.relay()).contains(relay.peerId());
    ends.dialler.pipe.loop().execute(ends.dialler.pipe::close);
    Talker.await(ends.dialler.closed);
    assertThat(Talker.await(ends.accepter.closed).reason()).isEqualTo(Reason.PATH_LOST);
  }

  @Test
  void a_relay_that_answers_itself_is_found_out() throws Exception {
    Ends ends = circuit(ofRelay, it -> it, BYTES);
    assertThat(Talker.await(ends.dialler.closed).reason()).isEqualTo(Reason.IDENTITY_MISMATCH);
    assertNeverOpened(ends.dialler);
  }

  @Test
  void a_byte_flipped_in_the_handshake_makes_no_connection() throws Exception {
    for (int place : new int[] {60, 300, 800}) {
      Ends ends = circuit(ofBob, new Flip(place), 0);
      Talker.await(ends.dialler.closed);
      assertThat(Talker.await(ends.accepter.closed).reason())
          .isIn(Reason.HANDSHAKE_FAILED, Reason.PROTOCOL_VIOLATION, Reason.PATH_LOST);
      assertNeverOpened(ends.accepter);
    }
  }

  @Test
  void a_byte_flipped_later_ends_the_path_and_is_never_read() throws Exception {
    Ends ends = circuit(ofBob, new Flip(100_000), BYTES);
    Talker.await(ends.accepter.closed);
    assertThat(ends.accepter.received).isLessThan(100_000);
    assertThatThrownBy(() -> Talker.await(ends.accepter.arrived))
        .hasMessageNotContaining("wrong byte");
    Talker.await(ends.dialler.closed);
  }

  @Test
  void a_circuit_that_is_cut_says_why() throws Exception {
    Ends ends = circuit(ofBob, it -> it, 0);
    Talker.await(ends.dialler.opened);
    loops.control().execute(() -> ends.dialled.onCut(Reason.RELAY_REFUSED, "bytes-spent"));
    assertThat(Talker.await(ends.dialler.closed))
        .isEqualTo(new Talker.End(Reason.RELAY_REFUSED, "bytes-spent"));
    Talker.await(ends.accepter.closed);
  }

  private static void assertNeverOpened(Talker talker) {
    CompletableFuture<PeerId> opened = talker.opened;
    assertThatThrownBy(() -> Talker.await(opened)).isInstanceOf(ExecutionException.class);
  }

  /** Flips a bit of the byte at this place. */
  private static final class Flip implements UnaryOperator<ByteBuffer> {
    private final int place;
    private int passed;

    Flip(int place) {
      this.place = place;
    }

    @Override
    public ByteBuffer apply(ByteBuffer bytes) {
      int at = place - passed;
      passed += bytes.remaining();
      if (at >= 0 && at < bytes.remaining()) {
        int index = bytes.position() + at;
        bytes.put(index, (byte) (bytes.get(index) ^ 1));
      }
      return bytes;
    }
  }
}
