package dev.crust.bench;

import dev.crust.PeerStream;
import dev.crust.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * One stream of a connection, read and written by blocking threads: one way, and there and back
 * through the peer's user. Used by one thread.
 */
final class CrustStream implements Contender {
  private static final int READ = 64 << 10;

  private final CrustPair pair;
  private final PeerStream stream;
  private volatile boolean echo;
  private volatile long expected = Long.MAX_VALUE;
  private volatile CountDownLatch arrived = new CountDownLatch(1);

  private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

  /** When what is under way began; 0 while nothing is. */
  private volatile long began;

  CrustStream(Transport transport) throws Exception {
    pair = new CrustPair(transport);
    pair.receiver().onStream(this::serve);
    stream = CrustPair.await(pair.connection().openStream());
    var unused = watch.scheduleAtFixedRate(this::giveUpInTime, 1, 1, TimeUnit.SECONDS);
  }

  /** Nobody but us bounds a blocking read or write. */
  private void giveUpInTime() {
    long since = began;
    if (since != 0 && System.nanoTime() - since > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
      stream.reset(1);
    }
  }

  /** Runs on a thread of the receiver's until the stream ends. */
  private void serve(PeerStream accepted) {
    byte[] chunk = new byte[READ];
    long received = 0;
    try (InputStream in = accepted.input();
        OutputStream out = accepted.output()) {
      for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
        if (echo) {
          out.write(chunk, 0, length);
          continue;
        }
        received += length;
        if (received >= expected) {
          received = 0;
          arrived.countDown();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void transfer(long bytes, int write) throws Exception {
    byte[] chunk = new byte[write];
    echo = false;
    arrived = new CountDownLatch(1);
    expected = bytes;
    began = System.nanoTime();
    OutputStream out = stream.output();
    for (long left = bytes; left > 0; left -= write) {
      out.write(chunk, 0, (int) Math.min(write, left));
    }
    if (!arrived.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the bytes did not arrive");
    }
    began = 0;
  }

  @Override
  public void roundTrip(int bytes) throws Exception {
    echo = true;
    began = System.nanoTime();
    stream.output().write(new byte[bytes]);
    if (stream.input().readNBytes(bytes).length < bytes) {
      throw new IllegalStateException("no echo came");
    }
    began = 0;
  }

  @Override
  public void close() {
    watch.shutdownNow();
    stream.finish();
    pair.close();
  }
}
