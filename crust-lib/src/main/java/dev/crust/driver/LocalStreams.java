package dev.crust.driver;

import dev.crust.ConnectionLostException;
import dev.crust.Message;
import dev.crust.PeerStream;
import dev.crust.Reason;
import dev.crust.driver.LocalConnection.End;
import dev.crust.driver.LocalConnection.Sent;
import dev.crust.proto.session.Session;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a connection on the user's side. What the session tells comes by the paths' loops,
 * with the {@link SessionMonitor}'s lock held; receivers are set by any thread.
 */
final class LocalStreams {
  /** What all streams of a connection may hold that is not acknowledged, in bytes. */
  private static final long SEND_LIMIT = 16 << 20;

  private final LocalConnection connection;
  private final EndpointContext context;
  private final Map<Long, StreamEnd> open = new ConcurrentHashMap<>();
  private final Mailbox<PeerStream> arrived;
  private final SendBudget budget;
  private List<StreamEnd> touched = new ArrayList<>();
  private volatile @Nullable End lost;

  LocalStreams(LocalConnection connection, EndpointContext context) {
    this.connection = connection;
    this.context = context;
    this.arrived = new Mailbox<>(context.userExecutor(), stream -> {}, context::onUserFailure);
    this.budget = context.sendBudget(SEND_LIMIT);
  }

  void receiver(Consumer<? super PeerStream> receiver) {
    arrived.receiver(accepting(receiver));
  }

  void endpointReceiver(Consumer<? super PeerStream> receiver) {
    arrived.endpointReceiver(accepting(receiver));
  }

  /** The session hears of it before the receiver does, which may take its time. */
  private Consumer<PeerStream> accepting(Consumer<? super PeerStream> receiver) {
    return stream -> {
      connection.submit((Session<Sent> session) -> session.accept(stream.id()));
      receiver.accept(stream);
    };
  }

  void announced() {
    arrived.announced();
  }

  /** Opens a stream of ours. */
  void open(Session<Sent> session, int priority, UserFuture<PeerStream> opened) {
    long id = session.openStream(priority);
    if (id < 0) {
      opened.completeExceptionally(
          new IllegalStateException("as many streams are open as the peer allows"));
    } else {
      opened.complete(add(id, new LocalStream(id, priority, connection, context, budget)));
    }
  }

  /** Opens a stream of ours for a service of the peer's endpoint. */
  void openService(Session<Sent> session, long service, ServiceStream stream) {
    long id = session.openService(Message.DEFAULT_PRIORITY, service);
    if (id < 0) {
      stream.onLost(
          new ConnectionLostException(
              Reason.OVERLOADED, "as many streams are open as the peer allows"));
    } else {
      stream.opened(id);
      add(id, stream);
    }
  }

  private <S extends StreamEnd> S add(long id, S stream) {
    open.put(id, stream);
    End over = lost;
    if (over != null) {
      stream.onLost(over.exception());
    }
    return stream;
  }

  void onService(long id, ServiceStream stream) {
    stream.opened(id);
    add(id, stream);
  }

  void onOpened(long id, int priority) {
    arrived.put(add(id, new LocalStream(id, priority, connection, context, budget)));
  }

  void onBytes(long id, ByteBuffer bytes) {
    StreamEnd stream = open.get(id);
    if (stream == null) {
      bytes.position(bytes.limit());
    } else if (stream.onBytes(bytes)) {
      touched.add(stream);
    }
  }

  void onEnd(long id) {
    StreamEnd stream = open.get(id);
    if (stream != null) {
      stream.onEnd();
    }
  }

  void onReset(long id, long code) {
    StreamEnd stream = open.get(id);
    if (stream != null) {
      stream.onReset(code);
    }
  }

  void onStopped(long id, long code, long dropped) {
    StreamEnd stream = open.get(id);
    if (stream != null) {
      stream.onStopped(code, dropped);
    }
  }

  void onAcknowledged(long id, int bytes) {
    StreamEnd stream = open.get(id);
    if (stream != null) {
      stream.onAcknowledged(bytes);
    }
  }

  void onForgotten(long id) {
    open.remove(id);
  }

  /** Wakes those who wait for what has come. */
  void deliverAll() {
    arrived.flush();
    List<StreamEnd> wakened;
    synchronized (connection.monitor()) {
      if (touched.isEmpty()) {
        return;
      }
      wakened = touched;
      touched = new ArrayList<>();
    }
    wakened.forEach(StreamEnd::flush);
  }

  void onLost(End how) {
    if (lost == null) {
      lost = how;
    }
    budget.close();
    open.values().forEach(stream -> stream.onLost(how.exception()));
  }
}
