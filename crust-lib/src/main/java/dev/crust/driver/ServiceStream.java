package dev.crust.driver;

import dev.crust.ConnectionLostException;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream that the endpoint itself uses, on the control loop. Bounded both ways: what has come and
 * was not taken by the stream's window, what was written and is not acknowledged by {@link #room}.
 */
final class ServiceStream implements StreamEnd {
  /** As much may wait for the peer's acknowledgement, in bytes. */
  static final long SEND_LIMIT = 512 << 10;

  /** Who uses it. All on the control loop. */
  interface User {
    /** Bytes have come; {@link ServiceStream#taken} tells the peer that there is room again. */
    void onBytes(ByteBuffer bytes);

    /** There is room to write again. */
    void onRoom();

    /** The peer sends no more. */
    void onEnd();

    /** The peer has given up sending, for a reason with this number. */
    void onReset(long code);

    /** The peer wants no more. */
    void onStopped();

    /** The connection is over, and the stream with it. */
    void onLost();
  }

  private final LocalConnection connection;
  private final EndpointContext context;
  private final EventLoop control;
  private final AtomicLong unacknowledged = new AtomicLong();
  private @Nullable User user;

  /** Known as soon as the session has opened it; guarded by the monitor. */
  private long id = -1;

  /** A stream of this connection, not open yet. */
  ServiceStream(LocalConnection connection, EndpointContext context) {
    this.connection = connection;
    this.context = context;
    this.control = context.control();
  }

  /**
   * Says who uses it: before the session hears of it, or in the step of the control loop that opens
   * it.
   */
  void use(User newUser) {
    user = newUser;
  }

  LocalConnection connection() {
    return connection;
  }

  /** The session has opened it. With the monitor's lock. */
  void opened(long assigned) {
    id = assigned;
  }

  /** How many more bytes may be written now. */
  long room() {
    return Math.max(0, SEND_LIMIT - unacknowledged.get());
  }

  /** Sends bytes. The buffer is kept until they are acknowledged. */
  void write(ByteBuffer bytes) {
    int length = bytes.remaining();
    unacknowledged.addAndGet(length);
    connection.submit(
        session -> {
          if (id < 0 || !session.write(id, bytes)) {
            done(length);
          }
        });
  }

  /** No more is to be sent. */
  void finish() {
    connection.submit(
        session -> {
          if (id >= 0) {
            session.finish(id);
          }
        });
  }

  /** Gives up sending, for a reason with this number. */
  void reset(long code) {
    connection.submit(
        session -> {
          if (id >= 0) {
            done(session.reset(id, code));
          }
        });
  }

  /** Wants no more of what the peer sends. */
  void stop(long code) {
    connection.submit(
        session -> {
          if (id >= 0) {
            session.stop(id, code);
          }
        });
  }

  /** Bytes that came were used, and their room is free. */
  void taken(long bytes) {
    connection.submit(
        session -> {
          if (id >= 0) {
            session.onStreamTaken(id, bytes, connection.monitor().roundTrip(), context.now());
          }
        });
  }

  private void done(long bytes) {
    long before = unacknowledged.getAndAdd(-bytes);
    if (before > SEND_LIMIT / 2 && before - bytes <= SEND_LIMIT / 2) {
      tell(User::onRoom);
    }
  }

  private void tell(Consumer<User> news) {
    try {
      control.execute(
          () -> {
            User known = user;
            if (known != null) {
              news.accept(known);
            }
          });
    } catch (RejectedExecutionException endpointClosed) {
      // Whoever uses it lived on that loop.
      return;
    }
  }

  @Override
  public boolean onBytes(ByteBuffer bytes) {
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    tell(it -> it.onBytes(copy));
    return false;
  }

  @Override
  public void flush() {}

  @Override
  public void onEnd() {
    tell(User::onEnd);
  }

  @Override
  public void onReset(long code) {
    tell(it -> it.onReset(code));
  }

  @Override
  public void onStopped(long code, long dropped) {
    done(dropped);
    tell(User::onStopped);
  }

  @Override
  public void onAcknowledged(int bytes) {
    done(bytes);
  }

  @Override
  public void onLost(ConnectionLostException how) {
    tell(User::onLost);
  }
}
