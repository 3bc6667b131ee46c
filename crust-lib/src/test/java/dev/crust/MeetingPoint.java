package dev.crust;

import dev.crust.spi.PunchToken;
import dev.crust.spi.TraversalMethod.FarEnd;
import dev.crust.spi.TraversalMethod.Wire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Where two meet who have the same token, each at its end of one wire. Thread-safe. */
final class MeetingPoint {
  private static final int PATIENCE_SECONDS = 10;

  private final Map<PunchToken, Consumer<Wire>> waiting = new HashMap<>();

  /** Comes; who is second has both told. */
  synchronized void come(PunchToken token, Consumer<Wire> met) {
    Consumer<Wire> other = waiting.remove(token);
    if (other == null) {
      waiting.put(token, met);
      return;
    }
    try (AsynchronousServerSocketChannel server = AsynchronousServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      Watchable dialled = connect((InetSocketAddress) server.getLocalAddress());
      Watchable accepted = new Watchable(result(server.accept()));
      other.accept(accepted.wire(FarEnd.EFFORT));
      met.accept(dialled.wire(FarEnd.EFFORT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Watchable connect(InetSocketAddress to) {
    try {
      AsynchronousSocketChannel socket = AsynchronousSocketChannel.open();
      result(socket.connect(to));
      return new Watchable(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T result(Future<T> future) throws IOException {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IOException(e);
    }
  }

  /** One end, which tells when it was closed. */
  static final class Watchable implements AsynchronousByteChannel {
    private final AsynchronousSocketChannel socket;
    private final CountDownLatch closed = new CountDownLatch(1);

    Watchable(AsynchronousSocketChannel socket) {
      this.socket = socket;
    }

    Wire wire(FarEnd farEnd) {
      try {
        return new Wire(
            this,
            (InetSocketAddress) socket.getLocalAddress(),
            (InetSocketAddress) socket.getRemoteAddress(),
            farEnd);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void awaitClosed() throws InterruptedException {
      if (!closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the wire is still open");
      }
    }

    @Override
    public <A> void read(
        ByteBuffer bytes, A attachment, CompletionHandler<Integer, ? super A> handler) {
      socket.read(bytes, attachment, handler);
    }

    @Override
    public Future<Integer> read(ByteBuffer bytes) {
      return socket.read(bytes);
    }

    @Override
    public <A> void write(
        ByteBuffer bytes, A attachment, CompletionHandler<Integer, ? super A> handler) {
      socket.write(bytes, attachment, handler);
    }

    @Override
    public Future<Integer> write(ByteBuffer bytes) {
      return socket.write(bytes);
    }

    @Override
    public boolean isOpen() {
      return socket.isOpen();
    }

    @Override
    public void close() throws IOException {
      socket.close();
      closed.countDown();
    }
  }
}
