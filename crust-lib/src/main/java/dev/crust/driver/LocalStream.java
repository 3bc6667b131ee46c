package dev.crust.driver;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.PeerStream;
import dev.crust.StreamResetException;
import dev.crust.proto.session.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream as its user holds it. The user's threads read and write; the paths' loops bring what has
 * come and what was acknowledged.
 */
final class LocalStream implements PeerStream, StreamEnd {
  /** As much may one stream hold that is not acknowledged, in bytes. */
  private static final long SEND_LIMIT = 4 << 20;

  /** What a piece is charged beyond its bytes, so that small ones are not free. */
  private static final int PIECE_OVERHEAD = 128;

  /** As much is copied and handed to the session at once, in bytes. */
  private static final int PIECE = 64 << 10;

  /** What the user has read is told to the session in steps of this size, in bytes. */
  private static final int TAKEN_STEP = 32 << 10;

  private final long id;
  private final int priority;
  private final LocalConnection connection;
  private final EndpointContext context;
  private final SendBudget shared;
  private final SendBudget own;
  private final ReceivedBytes received;
  private final AtomicBoolean finished = new AtomicBoolean();
  private final AtomicBoolean writing = new AtomicBoolean();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final Pieces arrays = new Pieces(PIECE);
  private final InputStream input = new Input();
  private final OutputStream output = new Output();
  private volatile @Nullable IOException writeFailure;
  private long untold;

  /** The lengths of the pieces that are not given back, and how much of the first is. */
  private final ArrayDeque<Integer> pieces = new ArrayDeque<>();

  private long ofFirstPiece;

  LocalStream(
      long id,
      int priority,
      LocalConnection connection,
      EndpointContext context,
      SendBudget shared) {
    this.id = id;
    this.priority = priority;
    this.connection = connection;
    this.context = context;
    this.shared = shared;
    this.own = SendBudget.alone(SEND_LIMIT);
    this.received = new ReceivedBytes(context.spareArrays());
  }

  @Override
  public Connection connection() {
    return connection;
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public int priority() {
    return priority;
  }

  @Override
  public InputStream input() {
    return input;
  }

  @Override
  public OutputStream output() {
    return output;
  }

  @Override
  public CompletionStage<Optional<ByteBuffer>> read() {
    UserFuture<Optional<ByteBuffer>> next = context.future();
    Consumer<ReceivedBytes.Outcome> ended =
        outcome -> {
          IOException failure = outcome.failure();
          ByteBuffer bytes = outcome.bytes();
          if (failure != null) {
            next.completeExceptionally(failure);
          } else if (bytes == null) {
            next.complete(Optional.empty());
          } else {
            taken(bytes.remaining());
            next.complete(Optional.of(bytes));
          }
        };
    received.whenThere(ended);
    return next;
  }

  @Override
  public CompletionStage<Void> write(ByteBuffer bytes) {
    UserFuture<Void> room = context.future();
    if (!writing.compareAndSet(false, true)) {
      throw new IllegalStateException("a write waits already");
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    context
        .userExecutor()
        .execute(
            () -> {
              try {
                writeAll(ByteBuffer.wrap(copy));
                writing.set(false);
                room.complete(null);
              } catch (IOException e) {
                writing.set(false);
                room.completeExceptionally(e);
              }
            });
    return room;
  }

  /** Waits for room, and hands over without another copy. */
  private synchronized void writeAll(ByteBuffer bytes) throws IOException {
    arrays.pass(bytes.remaining());
    while (bytes.hasRemaining()) {
      int length = Math.min(PIECE, bytes.remaining());
      hand(bytes.duplicate().limit(bytes.position() + length));
      bytes.position(bytes.position() + length);
    }
  }

  /** Copies, and waits for room. */
  private synchronized void writeCopy(byte[] from, int offset, int length) throws IOException {
    for (int at = 0; at < length; ) {
      ByteBuffer piece = arrays.lend(length - at);
      piece.put(from, offset + at, piece.remaining()).flip();
      at += piece.remaining();
      hand(piece);
    }
  }

  private void hand(ByteBuffer piece) throws IOException {
    if (finished.get()) {
      throw new IOException("the stream was finished on this side");
    }
    throwIfFailed();
    int length = piece.remaining();
    try {
      own.take(length + PIECE_OVERHEAD);
      shared.take(length + PIECE_OVERHEAD);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException)
          new InterruptedIOException("interrupted while waiting for room").initCause(e);
    }
    throwIfFailed();
    connection.submit(
        session -> {
          if (session.write(id, piece)) {
            pieces.add(length);
          } else {
            giveBack(length + PIECE_OVERHEAD);
          }
        });
  }

  private void throwIfFailed() throws IOException {
    IOException failure = writeFailure;
    if (failure != null) {
      throw failure instanceof StreamResetException reset
          ? new StreamResetException(reset.code())
          : new IOException(failure.getMessage(), failure.getCause());
    }
  }

  /** So many bytes are acknowledged, or not sent. With the monitor's lock. */
  private void onDone(long bytes) {
    ofFirstPiece += bytes;
    long free = 0;
    while (!pieces.isEmpty() && ofFirstPiece >= pieces.element()) {
      int length = pieces.remove();
      ofFirstPiece -= length;
      free += length + PIECE_OVERHEAD;
    }
    if (free > 0) {
      giveBack(free);
    }
  }

  private void giveBack(long length) {
    own.give(length);
    shared.give(length);
  }

  @Override
  public void finish() {
    if (finished.compareAndSet(false, true)) {
      connection.submit((Session<LocalConnection.Sent> session) -> session.finish(id));
    }
  }

  @Override
  public void reset(long code) {
    if (code < 0) {
      throw new IllegalArgumentException("a code is not negative, as " + code + " is");
    }
    finished.set(true);
    stopped.set(true);
    received.drop(new StreamResetException(code));
    connection.submit(
        session -> {
          onDone(session.reset(id, code));
          session.stop(id, code);
        });
  }

  private void stop() {
    if (stopped.compareAndSet(false, true)) {
      received.drop(new IOException("the stream was closed on this side"));
      connection.submit((Session<LocalConnection.Sent> session) -> session.stop(id, 0));
    }
  }

  @Override
  public void close() {
    finish();
    stop();
  }

  /** The user has taken bytes. The session hears of it in steps, and of the rest at the end. */
  private void taken(int length) {
    long count;
    synchronized (received) {
      untold += length;
      if (untold == 0 || (untold < TAKEN_STEP && !received.exhausted())) {
        return;
      }
      count = untold;
      untold = 0;
    }
    connection.submit(
        session ->
            session.onStreamTaken(id, count, connection.monitor().roundTrip(), context.now()));
  }

  @Override
  public boolean onBytes(ByteBuffer bytes) {
    return received.put(bytes);
  }

  @Override
  public void flush() {
    received.flush();
  }

  @Override
  public void onEnd() {
    received.end();
    taken(0);
  }

  @Override
  public void onReset(long code) {
    received.fail(new StreamResetException(code));
  }

  @Override
  public void onStopped(long code, long unsent) {
    writeFailure = new StreamResetException(code);
    onDone(unsent);
    own.close();
  }

  @Override
  public void onAcknowledged(int bytes) {
    arrays.onAcknowledged(bytes);
    onDone(bytes);
  }

  @Override
  public void onLost(ConnectionLostException how) {
    IOException failure = new IOException(how.getMessage(), how);
    if (writeFailure == null) {
      writeFailure = failure;
    }
    own.close();
    received.fail(failure);
  }

  /** What has come, as a stream of the JDK's. On the user's threads. */
  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int count = received.take(into, offset, length);
      if (count > 0) {
        taken(count);
      }
      return count;
    }

    @Override
    public int available() {
      return received.available();
    }

    @Override
    public void close() {
      stop();
    }
  }

  /** What is to go, as a stream of the JDK's. On the user's threads. */
  private final class Output extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, from.length);
      writeCopy(from, offset, length);
    }

    @Override
    public void close() {
      finish();
    }
  }
}
