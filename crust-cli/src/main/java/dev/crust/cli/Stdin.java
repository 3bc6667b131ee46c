package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Standard input on its way into one stream after the other, on a thread of its own, {@code stdin}.
 * It is read only when a stream wants it, so that a slow peer slows down whoever writes it.
 */
final class Stdin {
  /** As much as goes in one piece. */
  static final int CHUNK = 64 << 10;

  /** What has been silent for so long when the peer has finished counts as ended. */
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final InputStream in;
  private final boolean endsAtOnce;
  private @Nullable PeerStream current;
  private boolean begun;
  private boolean ended;
  private boolean reading;
  private long since;
  private long sent;

  /** For streams that come one after the other. */
  Stdin(InputStream in) {
    this(in, false);
  }

  private Stdin(InputStream in, boolean endsAtOnce) {
    this.in = in;
    this.endsAtOnce = endsAtOnce;
  }

  /** For the one stream of a command: its end is the stream's, even if nothing came before. */
  static Stdin endingAtOnce(InputStream in) {
    return new Stdin(in, true);
  }

  /** What comes from now on goes to this stream. */
  synchronized void attach(PeerStream stream) {
    current = stream;
    sent = 0;
    since = System.nanoTime();
    notifyAll();
    if (!begun) {
      begun = true;
      Thread thread = new Thread(this::pump, "stdin");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** The stream is over; what comes waits for the next. */
  synchronized void detach() {
    current = null;
  }

  /** How many bytes the stream has taken. */
  synchronized long sent() {
    return sent;
  }

  /** Waits until the input has ended, or is silent: the peer has finished and waits for us. */
  synchronized void settle() throws InterruptedException {
    long settling = System.nanoTime();
    while (!ended) {
      long quiet = reading ? System.nanoTime() - Math.max(since, settling) : 0;
      if (quiet >= SILENCE_NANOS) {
        return;
      }
      TimeUnit.NANOSECONDS.timedWait(this, Math.max(SILENCE_NANOS - quiet, 1_000_000));
    }
  }

  private void pump() {
    byte[] chunk = new byte[CHUNK];
    try {
      for (int length = read(chunk); length >= 0; length = read(chunk)) {
        write(awaitStream(), chunk, length);
      }
    } catch (IOException e) {
      // A terminal that is gone has ended.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    end();
  }

  private int read(byte[] chunk) throws IOException {
    synchronized (this) {
      reading = true;
      since = System.nanoTime();
    }
    int length = in.read(chunk);
    synchronized (this) {
      reading = false;
    }
    return length;
  }

  private synchronized PeerStream awaitStream() throws InterruptedException {
    @Nullable PeerStream stream = current;
    while (stream == null) {
      wait();
      stream = current;
    }
    return stream;
  }

  private void write(PeerStream stream, byte[] chunk, int length) {
    try {
      stream.output().write(chunk, 0, length);
    } catch (IOException e) {
      // Whoever reads this stream hears of its end, and tells.
      return;
    }
    synchronized (this) {
      if (stream == current) {
        sent += length;
      }
    }
  }

  /**
   * On a node, the peer reads the end as soon as it reads all that was typed. Where nothing was, as
   * from {@code /dev/null}, nobody meant to say anything by it: the peer hears the end after its
   * own, when all that it sent is out.
   */
  private synchronized void end() {
    ended = true;
    if (current != null && (sent > 0 || endsAtOnce)) {
      current.finish();
    }
    notifyAll();
  }
}
