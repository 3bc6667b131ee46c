package dev.crust.io;

import static dev.crust.io.Talker.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.Transport;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** QUIC pipes between two ports. */
@Timeout(60)
final class UdpPortTest {
  private static final int MIB = 1 << 20;

  @Test
  void bytes_both_ways() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost(new EventLoops("b"), true, 2 * MIB, 3 * MIB)) {
      Talker dialler = a.dial(b, 3 * MIB, 2 * MIB);
      assertThat(await(dialler.opened)).isEqualTo(b.peer());
      Talker guest = b.guest();
      assertThat(await(guest.opened)).isEqualTo(a.peer());
      await(dialler.arrived);
      await(guest.arrived);
      assertThat(guest.pipe.transport()).isEqualTo(Transport.QUIC);
      assertThat(guest.pipe.remote()).isEqualTo(a.port.bound());
      assertThat(guest.pipe.local()).isEqualTo(b.port.bound());
      assertThat(dialler.pipe.remote()).isEqualTo(b.port.bound());
    }
  }

  @Test
  void what_was_written_before_the_close_arrives() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost(new EventLoops("b"), true, 0, 100_000)) {
      Talker dialler = a.dial(b, 1, 0);
      await(dialler.opened);
      dialler
          .pipe
          .loop()
          .execute(
              () -> {
                dialler.send(99_999);
                dialler.pipe.loop().execute(dialler.pipe::close);
              });
      Talker guest = b.guest();
      Talker.End end = await(guest.closed);
      assertThat(end.reason()).isEqualTo(Reason.PATH_LOST);
      await(dialler.closed);
      assertThat(guest.received).isEqualTo(dialler.sent());
    }
  }

  @Test
  void an_abort_is_heard_at_once() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost()) {
      Talker dialler = a.dial(b, 1, 0);
      Talker guest = b.guest();
      await(guest.opened);
      dialler.pipe.loop().execute(dialler.pipe::abort);
      assertThat(await(guest.closed).reason()).isEqualTo(Reason.PATH_LOST);
    }
  }

  @Test
  void another_identity_is_refused() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost()) {
      Talker dialler = a.dial(b.port.bound(), Identity.ephemeral().peerId(), 0, 0);
      Talker.End end = await(dialler.closed);
      assertThat(end.reason()).isEqualTo(Reason.IDENTITY_MISMATCH);
      assertThat(end.detail()).contains(b.peer().toString());
      assertThat(dialler.opened).isCompletedExceptionally();
      Talker guest = b.guest();
      assertThat(await(guest.closed).reason()).isEqualTo(Reason.HANDSHAKE_FAILED);
      assertThat(guest.opened).isCompletedExceptionally();
    }
  }

  @Test
  void nobody_there_is_a_timeout() throws Exception {
    try (QuicHost a = new QuicHost();
        DatagramSocket deaf = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Talker> made = new CompletableFuture<>();
      a.port.dial(
          (InetSocketAddress) deaf.getLocalSocketAddress(),
          a.peer(),
          Duration.ofMillis(200),
          pipe -> {
            Talker talker = new Talker(pipe, 0, 0);
            made.complete(talker);
            return talker;
          });
      assertThat(await(await(made).closed).reason()).isEqualTo(Reason.TIMEOUT);
    }
  }

  @Test
  void more_than_the_budget_before_the_admission_is_refused() throws Exception {
    CompletableFuture<Talker.End> ended = new CompletableFuture<>();
    AtomicLong heard = new AtomicLong();
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost(pipe -> new Doorkeeper(heard, ended))) {
      Talker dialler = a.dial(b, MIB, 0);
      await(dialler.opened);
      assertThat(await(ended).reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
      assertThat(heard.get()).isLessThanOrEqualTo(HandshakeBudget.BYTES);
      await(dialler.closed);
    }
  }

  /** Admits nobody. */
  private record Doorkeeper(AtomicLong heard, CompletableFuture<Talker.End> ended)
      implements Pipe.Reader {
    @Override
    public void onOpen(PeerId peer) {}

    @Override
    public void onBytes(ByteBuffer bytes) {
      heard.addAndGet(bytes.remaining());
    }

    @Override
    public void onBatchRead() {}

    @Override
    public void onWritable() {}

    @Override
    public void onCancelled() {}

    @Override
    public void onClosed(Reason reason, String detail) {
      ended.complete(new Talker.End(reason, detail));
    }
  }
}
