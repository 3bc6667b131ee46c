package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.Reason;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A reader for tests: greets, sends as many bytes as it is told, counts and checks what comes. */
final class Talker implements Pipe.Reader {
  /** The sequence that everybody sends: its place says what a byte is. */
  private static byte byteAt(long place) {
    return (byte) (place * 31 + (place >> 8));
  }

  /** What ends a pipe. */
  record End(Reason reason, String detail) {}

  final Pipe pipe;
  final CompletableFuture<PeerId> opened = new CompletableFuture<>();
  final CompletableFuture<End> closed = new CompletableFuture<>();
  final CompletableFuture<Boolean> arrived = new CompletableFuture<>();
  volatile long received;
  private final long expected;
  private long toSend;
  private long sent;

  Talker(Pipe pipe, long toSend, long expected) {
    this.pipe = pipe;
    this.toSend = toSend;
    this.expected = expected;
  }

  /** Sends so many more. Thread-safe. */
  void send(long bytes) {
    pipe.loop()
        .execute(
            () -> {
              toSend += bytes;
              fill();
            });
  }

  private void fill() {
    while (sent < toSend && pipe.writable()) {
      int size = (int) Math.min(16 << 10, toSend - sent);
      pipe.write(
          size,
          out -> {
            for (int i = 0; i < size; i++) {
              out.put(byteAt(sent + i));
            }
          });
      pipe.flush();
      sent += size;
    }
  }

  @Override
  public void onOpen(PeerId peer) {
    pipe.admitted();
    opened.complete(peer);
    fill();
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    long place = received;
    while (bytes.hasRemaining()) {
      if (bytes.get() != byteAt(place++)) {
        arrived.completeExceptionally(new AssertionError("wrong byte at " + (place - 1)));
      }
    }
    received = place;
    if (place >= expected) {
      arrived.complete(true);
    }
  }

  @Override
  public void onBatchRead() {}

  /** How many bytes were written; to be asked once the pipe is closed. */
  long sent() {
    return sent;
  }

  @Override
  public void onWritable() {
    fill();
  }

  @Override
  public void onCancelled() {
    pipe.close();
  }

  @Override
  public void onClosed(Reason reason, String detail) {
    End end = new End(reason, detail);
    opened.completeExceptionally(new IllegalStateException(end.toString()));
    arrived.completeExceptionally(new IllegalStateException(end + " after " + received));
    closed.complete(end);
  }

  static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }
}
