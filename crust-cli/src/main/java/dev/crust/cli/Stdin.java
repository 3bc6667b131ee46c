package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Standard input on its way into one stream after the other, on a thread of its own, {@code stdin}.
 * It is read only when a stream wants it, so that a slow peer slows down whoever writes it.
 *
 * <p>What was begun on a stream ends there when the input ends, and not before: nobody can tell a
 * writer that pauses from one that has nothing more to say. Of an input for many streams, a stream
 * on which nothing was begun can be cut short by nothing: there it counts as ended when the peer's
 * has, and what comes later goes to the next.
 */
final class Stdin {
  /** As much as goes in one piece. */
  static final int CHUNK = StdioWriter.PIECE;

  private record Target(PeerStream stream, StdioWriter writer) {}

  private final InputStream in;
  private final boolean forMany;
  private @Nullable Target current;
  private boolean begun;
  private boolean ended;

  /** Whether nothing was there when the read began that is under way. */
  private boolean waiting;

  private boolean peerEnded;
  private long sent;
  private @Nullable IOException failure;

  /** For streams that come one after the other. */
  Stdin(InputStream in) {
    this(in, true);
  }

  private Stdin(InputStream in, boolean forMany) {
    this.in = in;
    this.forMany = forMany;
  }

  /** For the one stream of a command. */
  static Stdin forOneStream(InputStream in) {
    return new Stdin(in, false);
  }

  /** What comes from now on goes to this stream. */
  synchronized void attach(PeerStream stream, StdioWriter writer) {
    current = new Target(stream, writer);
    sent = 0;
    peerEnded = false;
    failure = null;
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

  /** Why the input broke in the middle of the stream; null if it did not. */
  synchronized @Nullable IOException failure() {
    return failure;
  }

  /** The peer has no more to say. */
  void onPeerEnded() throws IOException {
    StdioWriter due;
    synchronized (this) {
      peerEnded = true;
      due = dueEnd();
    }
    if (due != null) {
      due.end();
    }
  }

  /** To whom it is to be said that the input has ended, or counts as ended. */
  private synchronized @Nullable StdioWriter dueEnd() {
    Target target = current;
    boolean over = ended || (forMany && peerEnded && sent == 0 && waiting && nothingThere());
    return target != null && over && failure == null ? target.writer : null;
  }

  private boolean nothingThere() {
    try {
      return in.available() == 0;
    } catch (IOException e) {
      return true;
    }
  }

  private void pump() {
    byte[] chunk = new byte[CHUNK];
    try {
      for (int length = read(chunk); length >= 0; length = read(chunk)) {
        while (!write(awaitStream(), chunk, length)) {
          // It has come just after the end, and goes to the next stream.
        }
      }
      synchronized (this) {
        ended = true;
      }
    } catch (IOException e) {
      onBroken(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      onBroken(new IOException("interrupted"));
    }
    sayEnd();
  }

  private int read(byte[] chunk) throws IOException {
    synchronized (this) {
      // What is there now will be in our hands before we have the lock again.
      waiting = nothingThere();
    }
    sayEnd();
    int length = in.read(chunk);
    synchronized (this) {
      waiting = false;
    }
    return length;
  }

  private synchronized Target awaitStream() throws InterruptedException {
    @Nullable Target target = current;
    while (target == null || target.writer.endSaid()) {
      wait();
      target = current;
    }
    return target;
  }

  private boolean write(Target target, byte[] chunk, int length) {
    try {
      if (!target.writer.piece(chunk, length)) {
        return false;
      }
    } catch (IOException e) {
      // Whoever reads this stream hears of its end, and tells.
      return true;
    }
    synchronized (this) {
      if (target.equals(current)) {
        sent += length;
      }
    }
    return true;
  }

  /** Says that it is over, if that is due. */
  private void sayEnd() {
    StdioWriter due = dueEnd();
    if (due != null) {
      try {
        due.end();
      } catch (IOException e) {
        // As above.
        return;
      }
    }
  }

  /** A node goes on without its terminal; but what was begun on a stream is not whole. */
  private void onBroken(IOException how) {
    Target target;
    synchronized (this) {
      ended = true;
      target = forMany && sent == 0 ? null : current;
      if (target != null) {
        failure = new IOException("standard input cannot be read: " + how.getMessage(), how);
      }
    }
    if (target != null) {
      target.stream.reset(StreamTrouble.INPUT_BROKEN.code());
    }
  }
}
