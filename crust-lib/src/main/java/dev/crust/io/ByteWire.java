package dev.crust.io;

import dev.crust.PeerId;
import dev.crust.Reason;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousByteChannel;
import java.nio.channels.CompletionHandler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A channel that somebody else has opened as the wire of a {@link Circuit}. It is read and written
 * on an executor, since nobody knows what it does; all else is on the circuit's loop.
 */
public final class ByteWire implements CircuitWire {
  private static final int READ = 32 << 10;
  private static final long ROOM = 64 << 10;

  /** As long may what was written take to leave when the circuit is over. */
  private static final long LINGER_MILLIS = 1000;

  private final AsynchronousByteChannel channel;
  private final Executor executor;
  private final Queue<ByteBuffer> waiting = new ArrayDeque<>(2);
  private long unwritten;
  private boolean writing;
  private boolean closing;
  private boolean gone;
  private @Nullable EventLoop loop;
  private @Nullable Circuit circuit;

  /**
   * A wire of this channel, which is the wire's own from now on.
   *
   * @param executor where it is read and written
   */
  public ByteWire(AsynchronousByteChannel channel, Executor executor) {
    this.channel = channel;
    this.executor = executor;
  }

  /** Begins as {@link Circuit#dial}. To be called on the loop. */
  public Circuit dial(
      Tls tls,
      EventLoop on,
      Circuit.Way way,
      PeerId expected,
      Duration timeout,
      Function<Pipe, Pipe.Reader> readers) {
    loop = on;
    return begin(Circuit.dial(tls, on, this, way, expected, timeout, readers));
  }

  /** Begins as {@link Circuit#accept}. To be called on the loop. */
  public Circuit accept(
      Tls tls, EventLoop on, Circuit.Way way, Function<Pipe, Pipe.Reader> readers) {
    loop = on;
    return begin(Circuit.accept(tls, on, this, way, readers));
  }

  private Circuit begin(Circuit begun) {
    circuit = begun;
    read(begun);
    return begun;
  }

  private void read(Circuit to) {
    ByteBuffer buffer = ByteBuffer.allocate(READ);
    Consumer<Integer> done = count -> onRead(to, buffer, count);
    outside(() -> channel.read(buffer, null, handler(done)));
  }

  private void onRead(Circuit to, ByteBuffer buffer, int count) {
    if (closing) {
      return;
    } else if (count < 0) {
      to.onEnd();
    } else if (count == 0) {
      broken("it reads nothing");
    } else {
      to.onBytes(buffer.flip());
      read(to);
    }
  }

  @Override
  public long room() {
    return closing ? 0 : ROOM - unwritten;
  }

  @Override
  public void write(ByteBuffer bytes) {
    unwritten += bytes.remaining();
    waiting.add(bytes);
    write();
  }

  private void write() {
    ByteBuffer next = waiting.peek();
    if (next != null && !writing) {
      writing = true;
      outside(() -> channel.write(next, null, handler(count -> onWritten(next, count))));
    } else if (next == null && closing) {
      closeNow();
    }
  }

  private void onWritten(ByteBuffer bytes, int count) {
    writing = false;
    if (count <= 0) {
      broken("it takes nothing");
      return;
    }
    unwritten -= count;
    if (!bytes.hasRemaining()) {
      waiting.poll();
    }
    write();
    Circuit known = circuit;
    if (known != null && !closing) {
      known.onRoom();
    }
  }

  /** What was written is still to leave. */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    EventLoop known = loop;
    if (waiting.isEmpty() || known == null) {
      closeNow();
    } else {
      known.schedule(this::closeNow, LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void closeNow() {
    if (!gone) {
      gone = true;
      outside(this::closeChannel);
    }
  }

  private void closeChannel() {
    try {
      channel.close();
    } catch (IOException e) {
      // There is nobody left to whom it would matter.
      return;
    }
  }

  private void broken(String why) {
    waiting.clear();
    Circuit known = circuit;
    if (known != null && !closing) {
      known.onCut(Reason.PATH_LOST, why);
    }
    closeNow();
  }

  private CompletionHandler<Integer, @Nullable Object> handler(Consumer<Integer> done) {
    BiConsumer<Integer, String> ended =
        (count, failure) -> {
          if (failure.isEmpty()) {
            done.accept(count);
          } else {
            broken(failure);
          }
        };
    return new CompletionHandler<>() {
      @Override
      public void completed(Integer count, @Nullable Object attachment) {
        onLoop(() -> ended.accept(count, ""));
      }

      @Override
      public void failed(Throwable thrown, @Nullable Object attachment) {
        onLoop(() -> ended.accept(0, thrown.toString()));
      }
    };
  }

  /** Calls the channel, which may be anything, where nobody waits for it. */
  private void outside(Runnable task) {
    try {
      executor.execute(
          () -> {
            try {
              task.run();
            } catch (RuntimeException | Error e) {
              onLoop(() -> broken(e.toString()));
            }
          });
    } catch (RejectedExecutionException closed) {
      closeChannel();
    }
  }

  private void onLoop(Runnable task) {
    EventLoop known = loop;
    try {
      if (known != null) {
        known.execute(task);
      }
    } catch (RejectedExecutionException endpointClosed) {
      closeChannel();
    }
  }
}
