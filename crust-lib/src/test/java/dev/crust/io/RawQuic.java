package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.identity.PeerCertificate;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The stream of a QUIC connection that we dial, for whatever bytes one likes, as a socket has it:
 * its two streams block. What comes is read at once. Used by one thread.
 */
public final class RawQuic implements AutoCloseable {
  private static final int PIECE = 16 << 10;
  private static final byte[] END = new byte[0];

  private final Duration patience;
  private final EventLoops loops = new EventLoops("raw-quic");
  private final QuicTls tls;
  private final UdpPort port;
  private final BlockingQueue<byte[]> came = new LinkedBlockingQueue<>();
  private final CompletableFuture<PeerId> opened = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private final CompletableFuture<Socket> socket = new CompletableFuture<>();

  /**
   * Dials.
   *
   * @param patience how long each read and write may wait
   */
  public RawQuic(PeerCertificate own, InetSocketAddress to, PeerId peer, Duration patience)
      throws Exception {
    this.patience = patience;
    tls = new QuicTls(own);
    InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    port = UdpPort.open(loops, tls, InstantSource.system(), here, Socket::new).join();
    port.dial(to, peer, patience, Socket::new);
    get(opened);
  }

  private <T> T get(CompletableFuture<T> future) throws IOException {
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new SocketException(e.toString());
    } catch (TimeoutException | InterruptedException e) {
      throw new SocketTimeoutException("nothing within " + patience);
    }
  }

  /** What comes, until the other side hangs up. */
  public InputStream input() {
    return new InputStream() {
      private ByteBuffer piece = ByteBuffer.allocate(0);

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (!piece.hasRemaining() && length > 0) {
          piece = ByteBuffer.wrap(next());
        }
        if (!piece.hasRemaining() && length > 0) {
          return -1;
        }
        int count = Math.min(length, piece.remaining());
        piece.get(bytes, offset, count);
        return count;
      }
    };
  }

  private byte[] next() throws IOException {
    try {
      byte[] next = came.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (next == null) {
        throw new SocketTimeoutException("nothing came within " + patience);
      }
      if (next.length == 0) {
        came.add(END);
      }
      return next;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Takes what is to be sent when the connection does. */
  public OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        for (int at = offset; at < offset + length; at += PIECE) {
          int size = Math.min(PIECE, offset + length - at);
          get(get(socket).send(ByteBuffer.wrap(bytes.clone(), at, size)));
        }
      }
    };
  }

  /** Ends what is sent, after all of it; what comes can still be read. */
  public void finish() throws IOException {
    Pipe pipe = get(socket).pipe;
    pipe.loop().execute(pipe::close);
  }

  /** Tells the other side, and does not wait for QUIC's own second of farewell. */
  @Override
  public void close() throws IOException {
    Socket open = get(socket);
    CompletableFuture<Void> told = new CompletableFuture<>();
    open.pipe
        .loop()
        .execute(
            () -> {
              open.pipe.abort();
              open.pipe.loop().execute(() -> told.complete(null));
            });
    get(told);
    port.close();
    loops.close();
    tls.close();
  }

  /** A piece to send, and who waits until it is taken. */
  private record Piece(ByteBuffer bytes, CompletableFuture<Void> taken) {}

  /** The pipe's side. On its loop, but for {@link #send}. */
  private final class Socket implements Pipe.Reader {
    private final Pipe pipe;
    private final ArrayDeque<Piece> waiting = new ArrayDeque<>();

    Socket(Pipe pipe) {
      this.pipe = pipe;
    }

    CompletableFuture<Void> send(ByteBuffer bytes) {
      Piece piece = new Piece(bytes, new CompletableFuture<>());
      pipe.loop()
          .execute(
              () -> {
                waiting.add(piece);
                drain();
              });
      return piece.taken;
    }

    private void drain() {
      if (closed.isDone()) {
        waiting.forEach(piece -> piece.taken.completeExceptionally(new EOFException("hung up")));
        waiting.clear();
      }
      while (!waiting.isEmpty() && pipe.writable()) {
        Piece piece = waiting.remove();
        pipe.write(piece.bytes.remaining(), out -> out.put(piece.bytes));
        pipe.flush();
        piece.taken.complete(null);
      }
    }

    @Override
    public void onOpen(PeerId peer) {
      pipe.admitted();
      socket.complete(this);
      opened.complete(peer);
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      byte[] piece = new byte[bytes.remaining()];
      bytes.get(piece);
      if (piece.length > 0) {
        came.add(piece);
      }
    }

    @Override
    public void onBatchRead() {}

    @Override
    public void onWritable() {
      drain();
    }

    @Override
    public void onCancelled() {
      pipe.close();
    }

    @Override
    public void onClosed(Reason reason, String detail) {
      opened.completeExceptionally(new IOException(reason + " " + detail));
      closed.complete(null);
      came.add(END);
      drain();
    }
  }
}
