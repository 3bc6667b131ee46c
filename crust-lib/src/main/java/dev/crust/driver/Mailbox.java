package dev.crust.driver;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Messages, or streams, that wait for a connection's user. The connection's loop puts them in; they
 * are handed on by the user's executor, one at a time, once somebody wants them and the connection
 * was announced. What the peer is allowed to send bounds them.
 */
final class Mailbox<T> {
  private final Executor executor;
  private final Consumer<T> taken;
  private final Consumer<Throwable> broken;

  /** Also the lock. */
  private final ArrayDeque<T> waiting = new ArrayDeque<>(1);

  private @Nullable Consumer<? super T> receiver;
  private boolean ownReceiver;
  private boolean announced;
  private boolean running;

  /**
   * An empty mailbox.
   *
   * @param taken told of each message that the user is done with
   * @param broken told of what the user's code throws
   */
  Mailbox(Executor executor, Consumer<T> taken, Consumer<Throwable> broken) {
    this.executor = executor;
    this.taken = taken;
    this.broken = broken;
  }

  /** Puts a message in; {@link #flush} sees to it that it is taken out. */
  void put(T message) {
    synchronized (waiting) {
      waiting.add(message);
    }
  }

  /**
   * Sets the user's thread off for whatever was put in: once for a batch, since waking it is dear.
   */
  void flush() {
    run();
  }

  void receiver(Consumer<? super T> newReceiver) {
    synchronized (waiting) {
      receiver = newReceiver;
      ownReceiver = true;
    }
    run();
  }

  /**
   * Sets the receiver that the endpoint has for all, which yields to one of the connection's own.
   */
  void endpointReceiver(Consumer<? super T> newReceiver) {
    synchronized (waiting) {
      if (!ownReceiver) {
        receiver = newReceiver;
      }
    }
    run();
  }

  /** The user has been told of the connection: messages may follow. */
  void announced() {
    synchronized (waiting) {
      announced = true;
    }
    run();
  }

  private void run() {
    synchronized (waiting) {
      if (running || !announced || receiver == null || waiting.isEmpty()) {
        return;
      }
      running = true;
    }
    executor.execute(this::drain);
  }

  private void drain() {
    while (true) {
      Consumer<? super T> current;
      @Nullable T message;
      synchronized (waiting) {
        current = receiver;
        message = waiting.poll();
        if (message == null || current == null) {
          running = false;
          return;
        }
      }
      try {
        current.accept(message);
      } catch (RuntimeException | Error e) {
        broken.accept(e);
      } finally {
        taken.accept(message);
      }
    }
  }
}
