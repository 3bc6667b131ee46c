package dev.crust.driver;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a stream that wait for the user. Loops put in and never wait; the user's threads take
 * out. The stream's window bounds it.
 */
final class ReceivedBytes {
  /** One read: bytes, a failure, or neither at the end. */
  record Outcome(@Nullable ByteBuffer bytes, @Nullable IOException failure) {}

  /** Where a reader that waits wants its bytes. */
  private static final class Target {
    final byte[] into;
    final int offset;
    final int most;
    int filled;

    Target(byte[] into, int offset, int most) {
      this.into = into;
      this.offset = offset;
      this.most = most;
    }
  }

  /** A chunk of a stream whose user is not behind is not shorter than this, in bytes. */
  private static final int SHORTEST = 1 << 10;

  private final SpareArrays spare;
  private final ArrayDeque<ByteBuffer> chunks = new ArrayDeque<>();
  private int length;
  private boolean ended;
  private boolean dirty;
  private @Nullable IOException failure;
  private @Nullable Consumer<Outcome> waiting;
  private @Nullable Target target;

  /**
   * Nothing has come.
   *
   * @param spare what comes is kept in these while the user is behind
   */
  ReceivedBytes(SpareArrays spare) {
    this.spare = spare;
  }

  /** Puts bytes in, all of them. Returns whether a flush is owed that was not before. */
  synchronized boolean put(ByteBuffer bytes) {
    if (failure != null) {
      bytes.position(bytes.limit());
      return false;
    }
    boolean first = !dirty;
    dirty = true;
    fillTarget(bytes);
    if (bytes.hasRemaining()) {
      keep(bytes);
    }
    return first;
  }

  /** Straight to a reader that waits, without a copy in between. */
  private void fillTarget(ByteBuffer bytes) {
    Target reader = target;
    if (reader != null && chunks.isEmpty()) {
      int part = Math.min(reader.most - reader.filled, bytes.remaining());
      bytes.get(reader.into, reader.offset + reader.filled, part);
      reader.filled += part;
    }
  }

  private void keep(ByteBuffer bytes) {
    ByteBuffer tail = chunks.peekLast();
    if (tail != null) {
      append(tail, bytes);
    }
    while (bytes.hasRemaining()) {
      // Many streams may each hold a little, few hold much.
      boolean behind = length >= spare.size() / 2;
      ByteBuffer chunk =
          ByteBuffer.wrap(behind ? spare.take() : new byte[Math.max(bytes.remaining(), SHORTEST)])
              .limit(0);
      chunks.add(chunk);
      append(chunk, bytes);
    }
  }

  private void append(ByteBuffer chunk, ByteBuffer bytes) {
    int end = chunk.limit();
    int part = Math.min(chunk.capacity() - end, bytes.remaining());
    chunk.limit(end + part);
    chunk.put(end, bytes, bytes.position(), part);
    bytes.position(bytes.position() + part);
    length += part;
  }

  /** Wakes whoever waits. */
  void flush() {
    Consumer<Outcome> reader;
    Outcome outcome;
    synchronized (this) {
      dirty = false;
      notifyAll();
      reader = waiting;
      outcome = reader == null ? null : next();
      if (outcome == null || reader == null) {
        return;
      }
      waiting = null;
    }
    reader.accept(outcome);
  }

  /** No more is to come. */
  void end() {
    synchronized (this) {
      ended = true;
    }
    flush();
  }

  /** No more is to come. If the end has not come, what is there is dropped. */
  void fail(IOException how) {
    synchronized (this) {
      if (ended) {
        return;
      }
    }
    drop(how);
  }

  /** Nothing is read any more. Only the first failure counts. */
  void drop(IOException how) {
    synchronized (this) {
      if (failure != null) {
        return;
      }
      failure = how;
      chunks.forEach(this::giveBack);
      chunks.clear();
      length = 0;
    }
    flush();
  }

  /** Whether all has come and was taken. */
  synchronized boolean exhausted() {
    return ended && length == 0;
  }

  synchronized int available() {
    return length;
  }

  private @Nullable Outcome next() {
    if (failure != null) {
      return new Outcome(null, failure);
    }
    ByteBuffer chunk = chunks.poll();
    if (chunk != null) {
      length -= chunk.remaining();
      return new Outcome(chunk, null);
    }
    return ended ? new Outcome(null, null) : null;
  }

  /** Passes the next bytes on as soon as there are some. */
  void whenThere(Consumer<Outcome> reader) {
    Outcome outcome;
    synchronized (this) {
      if (waiting != null) {
        throw new IllegalStateException("a read waits already");
      }
      outcome = next();
      if (outcome == null) {
        waiting = reader;
        return;
      }
    }
    reader.accept(outcome);
  }

  /** Takes out at least one byte, waiting for it; -1 at the end. */
  synchronized int take(byte[] into, int offset, int most) throws IOException {
    if (length == 0 && failure == null && !ended) {
      int filled = await(new Target(into, offset, most));
      if (filled > 0) {
        return filled;
      }
    }
    IOException broken = failure;
    if (broken != null) {
      throw broken;
    }
    return length == 0 ? -1 : takeKept(into, offset, most);
  }

  private int await(Target reader) throws IOException {
    target = reader;
    try {
      while ((reader.filled == 0 || dirty) && failure == null && !ended && length == 0) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (reader.filled == 0) {
        throw (IOException)
            new InterruptedIOException("interrupted while waiting for bytes").initCause(e);
      }
    } finally {
      target = null;
    }
    return reader.filled;
  }

  private int takeKept(byte[] into, int offset, int most) {
    int count = 0;
    while (count < most && !chunks.isEmpty()) {
      ByteBuffer chunk = chunks.element();
      int part = Math.min(most - count, chunk.remaining());
      chunk.get(into, offset + count, part);
      count += part;
      if (!chunk.hasRemaining()) {
        giveBack(chunks.remove());
      }
    }
    length -= count;
    return count;
  }

  @SuppressWarnings("ByteBufferBackingArray") // our own
  private void giveBack(ByteBuffer chunk) {
    spare.give(chunk.array());
  }
}
