package dev.crust.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Identity;
import dev.crust.Reason;
import dev.crust.proto.identity.PeerCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Wires that somebody else has opened, whatever they do. */
@Timeout(60)
final class ByteWireTest {
  private static final int BYTES = 4 << 20;
  private static final Circuit.Way WAY =
      Circuit.Way.broughtBy(
          "test",
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 2));

  private final EventLoops loops = new EventLoops("wire-test");
  private final ExecutorService outside = Executors.newCachedThreadPool();
  private final Identity alice = Identity.ephemeral();
  private final Identity bob = Identity.ephemeral();
  private Tls ofAlice;
  private Tls ofBob;

  @BeforeEach
  void certificates() throws Exception {
    ofAlice = new Tls(PeerCertificate.create(alice, new SecureRandom()), Tls.Engine.best());
    ofBob = new Tls(PeerCertificate.create(bob, new SecureRandom()), Tls.Engine.best());
  }

  @AfterEach
  void close() {
    loops.close();
    outside.shutdown();
    ofAlice.close();
    ofBob.close();
  }

  private Talker dial(AsynchronousByteChannel bytes, long length) throws Exception {
    CompletableFuture<Talker> made = new CompletableFuture<>();
    loops
        .control()
        .execute(
            () ->
                new ByteWire(bytes, outside)
                    .dial(
                        ofAlice,
                        loops.control(),
                        WAY,
                        bob.peerId(),
                        Duration.ofSeconds(20),
                        pipe -> talker(pipe, length, made)));
    return made.get(10, TimeUnit.SECONDS);
  }

  private Talker accept(AsynchronousByteChannel bytes, long length) throws Exception {
    CompletableFuture<Talker> made = new CompletableFuture<>();
    loops
        .control()
        .execute(
            () ->
                new ByteWire(bytes, outside)
                    .accept(ofBob, loops.control(), WAY, pipe -> talker(pipe, length, made)));
    return made.get(10, TimeUnit.SECONDS);
  }

  private static Talker talker(Pipe pipe, long bytes, CompletableFuture<Talker> made) {
    Talker talker = new Talker(pipe, bytes, bytes);
    made.complete(talker);
    return talker;
  }

  @Test
  void carries_bytes_both_ways_and_ends_when_an_end_closes() throws Exception {
    try (AsynchronousServerSocketChannel server = AsynchronousServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      AsynchronousSocketChannel one = AsynchronousSocketChannel.open();
      one.connect(server.getLocalAddress()).get(10, TimeUnit.SECONDS);
      AsynchronousSocketChannel other = server.accept().get(10, TimeUnit.SECONDS);
      Talker dialler = dial(one, BYTES);
      Talker accepter = accept(other, BYTES);
      assertThat(Talker.await(dialler.opened)).isEqualTo(bob.peerId());
      assertThat(Talker.await(accepter.opened)).isEqualTo(alice.peerId());
      Talker.await(dialler.arrived);
      Talker.await(accepter.arrived);
      assertThat(dialler.pipe.isOurs()).isFalse();
      assertThat(dialler.pipe.bringer()).contains("test");
      dialler.pipe.loop().execute(dialler.pipe::close);
      Talker.await(dialler.closed);
      assertThat(Talker.await(accepter.closed).reason()).isEqualTo(Reason.PATH_LOST);
    }
  }

  /** What a channel may do instead of what it should. */
  enum Fault {
    READ_THROWS,
    READ_FAILS,
    READ_IS_EMPTY,
    READ_ENDS,
    WRITE_THROWS,
    WRITE_FAILS,
    WRITE_TAKES_NOTHING,
    CLOSE_FAILS
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void a_channel_that_misbehaves_is_closed_and_costs_its_path(Fault fault) throws Exception {
    Faulty faulty = new Faulty(fault);
    Talker talker = dial(faulty, 0);
    assertThat(Talker.await(talker.closed).reason()).isEqualTo(Reason.PATH_LOST);
    assertThat(faulty.closed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  /** The farewell cannot leave, and is not waited for for ever. */
  @Test
  void a_channel_that_hangs_is_closed_when_the_path_is_given_up() throws Exception {
    Faulty hanging = new Faulty(null);
    Talker talker = dial(hanging, 0);
    talker.pipe.loop().execute(talker.pipe::close);
    Talker.await(talker.closed);
    assertThat(hanging.closed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  /** Does one thing wrong; whatever else is asked of it hangs. */
  private static final class Faulty implements AsynchronousByteChannel {
    private final @Nullable Fault fault;
    private final CountDownLatch closed = new CountDownLatch(1);

    Faulty(@Nullable Fault fault) {
      this.fault = fault;
    }

    @Override
    public <A> void read(
        ByteBuffer bytes, A attachment, CompletionHandler<Integer, ? super A> handler) {
      if (fault == Fault.READ_THROWS) {
        throw new IllegalStateException("not now");
      } else if (fault == Fault.READ_FAILS || fault == Fault.CLOSE_FAILS) {
        handler.failed(new IOException("gone"), attachment);
      } else if (fault == Fault.READ_IS_EMPTY) {
        handler.completed(0, attachment);
      } else if (fault == Fault.READ_ENDS) {
        handler.completed(-1, attachment);
      }
    }

    @Override
    public <A> void write(
        ByteBuffer bytes, A attachment, CompletionHandler<Integer, ? super A> handler) {
      if (fault == Fault.WRITE_THROWS) {
        throw new IllegalStateException("not now");
      } else if (fault == Fault.WRITE_FAILS) {
        handler.failed(new IOException("gone"), attachment);
      } else if (fault == Fault.WRITE_TAKES_NOTHING) {
        handler.completed(0, attachment);
      }
    }

    @Override
    public Future<Integer> read(ByteBuffer bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Future<Integer> write(ByteBuffer bytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return closed.getCount() > 0;
    }

    @Override
    public void close() throws IOException {
      closed.countDown();
      if (fault == Fault.CLOSE_FAILS) {
        throw new IllegalStateException("not even that");
      }
    }
  }
}
