package dev.crust;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * An authenticated, encrypted session with one peer. It outlives its paths: when one breaks, what
 * was sent goes on by the next, nothing lost, doubled or reordered. It ends when either side closes
 * it, when the peer's process comes back without its memory, or after two minutes without any path.
 *
 * <p>Thread-safe. Callbacks and the dependents of the stages returned here run on the endpoint's
 * executor, never on an I/O thread, so they may block.
 */
public interface Connection extends AutoCloseable {
  /** Who is at the other end; proven by its key. */
  PeerId peer();

  /** The path that carries the connection now. While there is none, and after the end: the last. */
  Path path();

  /** When the connection came up. */
  Instant since();

  /**
   * Sends a message. While the peer's endpoint has no room for more, this call waits, so that a
   * slow receiver bounds the sender's memory; {@link #trySend} does not wait.
   *
   * @return completes when the peer's endpoint has accepted the message in order (which does not
   *     say that its user has read it); fails with {@link ConnectionLostException} if the
   *     connection ended before: whether the message arrived is then unknown; fails with {@link
   *     IllegalArgumentException} naming the limit if the message is larger than either side
   *     allows; fails with {@link MessageExpiredException} if the message has an age limit and was
   *     not sent within it; fails with {@link InterruptedException} if the wait was interrupted, in
   *     which case nothing was sent and the thread's interrupt flag is set
   */
  CompletionStage<Void> send(Message message);

  /** As {@link #send}, but where that would wait, this is empty at once and nothing was sent. */
  Optional<CompletionStage<Void>> trySend(Message message);

  /**
   * Says who receives the messages of this connection, one at a time, in order. Messages that
   * arrived before are kept (the peer's window bounds them) and delivered first. Replaces the
   * receiver set before, and the endpoint's.
   *
   * @param receiver an exception that it throws is reported as an event and loses this one message
   *     only
   */
  void onMessage(Consumer<? super Message> receiver);

  /** Opens a stream of {@link Message#DEFAULT_PRIORITY}; see {@link #openStream(int)}. */
  default CompletionStage<PeerStream> openStream() {
    return openStream(Message.DEFAULT_PRIORITY);
  }

  /**
   * Opens a stream. The peer hears of it at once, and its user by the receiver that it has set for
   * streams.
   *
   * @param priority 0 (first) to 255 (last)
   * @return fails with {@link ConnectionLostException} if the connection has ended, and with {@link
   *     IllegalStateException} if as many streams are open as the peer allows (4,096 unless said);
   *     one that was closed on this side is open until the peer's user has taken it
   * @throws IllegalArgumentException if the priority is out of range
   */
  CompletionStage<PeerStream> openStream(int priority);

  /**
   * Says who receives the streams that the peer opens on this connection, one at a time, in order.
   * Streams that were opened before are kept and come first. Replaces the receiver set before, and
   * the endpoint's.
   */
  void onStream(Consumer<? super PeerStream> receiver);

  /**
   * Measures a round trip to the peer's endpoint and back.
   *
   * @return fails with {@link ConnectionLostException} if the connection ended before the answer
   */
  CompletionStage<Pong> ping();

  /** Completes when the connection has ended, with the reason; never fails. */
  CompletionStage<Reason> closed();

  /**
   * Ends the connection; what was sent before is still delivered if the peer takes it within a
   * second. Idempotent.
   */
  @Override
  void close();

  /**
   * The answer to a ping.
   *
   * @param roundTrip from the ping's writing to the pong's reading
   * @param path the path that the pong came by
   */
  record Pong(Duration roundTrip, Path path) {}
}
