package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.Reason;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A pipe over QUIC beside bare Netty QUIC, in alternation, in one run. As a program it prints the
 * figures.
 */
final class QuicSideBySide implements AutoCloseable {
  private static final int FRAME = 16 << 10;

  private final BareQuic bare = new BareQuic();
  private final QuicHost receiver;
  private final QuicHost sender = new QuicHost();
  private final CompletableFuture<End> opened = new CompletableFuture<>();
  private final End end;
  private volatile long expected;
  private volatile boolean echo;
  private volatile CountDownLatch arrived = new CountDownLatch(1);

  QuicSideBySide() throws Exception {
    receiver = new QuicHost(Receiver::new);
    sender.port.dial(
        receiver.port.bound(),
        receiver.peer(),
        Duration.ofSeconds(10),
        pipe -> new End(pipe, opened));
    end = opened.get(10, TimeUnit.SECONDS);
  }

  /** The dialling end: fills the pipe with frames as a session would, one flush each. */
  private final class End implements Pipe.Reader {
    final Pipe pipe;
    private final CompletableFuture<End> opened;
    private long left;
    private long echoed;

    End(Pipe pipe, CompletableFuture<End> opened) {
      this.pipe = pipe;
      this.opened = opened;
    }

    void fill() {
      while (left > 0 && pipe.writable()) {
        int size = (int) Math.min(FRAME, left);
        pipe.write(size, out -> out.position(out.position() + size));
        pipe.flush();
        left -= size;
      }
    }

    @Override
    public void onOpen(PeerId peer) {
      pipe.admitted();
      opened.complete(this);
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      echoed += bytes.remaining();
      if (echoed >= expected) {
        echoed = 0;
        arrived.countDown();
      }
    }

    @Override
    public void onBatchRead() {}

    @Override
    public void onWritable() {
      fill();
    }

    @Override
    public void onCancelled() {}

    @Override
    public void onClosed(Reason reason, String detail) {}
  }

  private final class Receiver implements Pipe.Reader {
    private final Pipe pipe;
    private long received;

    Receiver(Pipe pipe) {
      this.pipe = pipe;
    }

    @Override
    public void onOpen(PeerId peer) {
      pipe.admitted();
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      if (echo) {
        pipe.write(bytes.remaining(), out -> out.put(bytes));
        pipe.flush();
        return;
      }
      received += bytes.remaining();
      if (received >= expected) {
        received = 0;
        arrived.countDown();
      }
    }

    @Override
    public void onBatchRead() {}

    @Override
    public void onWritable() {}

    @Override
    public void onCancelled() {}

    @Override
    public void onClosed(Reason reason, String detail) {}
  }

  private void transfer(long bytes) throws InterruptedException {
    echo = false;
    arrived = new CountDownLatch(1);
    expected = bytes;
    end.pipe
        .loop()
        .execute(
            () -> {
              end.left = bytes;
              end.fill();
            });
    if (!arrived.await(120, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the bytes did not arrive");
    }
  }

  private void roundTrip(int bytes) throws InterruptedException {
    echo = true;
    arrived = new CountDownLatch(1);
    expected = bytes;
    end.pipe
        .loop()
        .execute(
            () -> {
              end.left = bytes;
              end.fill();
            });
    if (!arrived.await(10, TimeUnit.SECONDS)) {
      throw new IllegalStateException("no echo came");
    }
  }

  /** Our rate by the bare one: the median over the rounds. */
  double throughput(long bytes, int rounds) throws Exception {
    double[] ratios = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime();
      bare.transfer(bytes, 64 << 10);
      long middle = System.nanoTime();
      transfer(bytes);
      long finish = System.nanoTime();
      ratios[round] = (double) (middle - start) / (finish - middle);
      System.out.printf(
          Locale.ROOT,
          "bare QUIC %6.0f MB/s, pipe %6.0f MB/s, ratio %.2f%n",
          bytes * 1e3 / (middle - start),
          bytes * 1e3 / (finish - middle),
          ratios[round]);
    }
    Arrays.sort(ratios);
    return ratios[rounds / 2];
  }

  /** Our median round trip by the bare one. */
  double roundTrips(int count) throws Exception {
    long[] theirs = new long[count];
    long[] ours = new long[count];
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      bare.roundTrip(64);
      long middle = System.nanoTime();
      roundTrip(64);
      theirs[i] = middle - start;
      ours[i] = System.nanoTime() - middle;
    }
    Arrays.sort(theirs);
    Arrays.sort(ours);
    System.out.printf(
        Locale.ROOT,
        "64 B round trip p50/p99: bare %d/%d us, pipe %d/%d us%n",
        theirs[count / 2] / 1000,
        theirs[count * 99 / 100] / 1000,
        ours[count / 2] / 1000,
        ours[count * 99 / 100] / 1000);
    return (double) ours[count / 2] / theirs[count / 2];
  }

  @Override
  public void close() {
    sender.close();
    receiver.close();
    bare.close();
  }

  /** Prints the figures. */
  public static void main(String[] arguments) throws Exception {
    try (QuicSideBySide pair = new QuicSideBySide()) {
      pair.throughput(128L << 20, 2);
      pair.roundTrips(1000);
      System.out.println("warm:");
      System.out.printf(
          Locale.ROOT,
          "median ratio of throughput %.2f, of round trips %.2f%n",
          pair.throughput(512L << 20, 7),
          pair.roundTrips(5000));
    }
  }
}
