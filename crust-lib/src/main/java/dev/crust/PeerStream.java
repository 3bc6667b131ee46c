package dev.crust;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Bytes in order, both ways, within a connection: as reliable as that, whatever path carries it.
 * Each direction ends by itself.
 *
 * <p>Every form of reading draws from the same bytes, every form of writing adds to them; a stream
 * is read by one thread at a time, and written by one thread at a time. All else is thread-safe.
 * Dependents of the stages returned here run on the endpoint's executor.
 */
public interface PeerStream extends AutoCloseable {
  /** The connection that it belongs to. */
  Connection connection();

  /** Its number, unique within the connection. */
  long id();

  /** 0 (first) to 255 (last), as of messages: streams and messages of one priority take turns. */
  int priority();

  /**
   * What the peer writes. Reading waits for at least one byte, and says -1 when the peer has
   * finished. Fails with {@link StreamResetException} if the peer has given up writing, and with
   * {@link ConnectionLostException} as the cause if the connection ended. Closing it says that no
   * more is wanted.
   */
  InputStream input();

  /**
   * What the peer reads. Writing waits while too much is not acknowledged, so that a slow reader
   * bounds the writer's memory. It fails with {@link StreamResetException} if the peer wants no
   * more, and with {@link ConnectionLostException} as the cause if the connection ended. Closing it
   * is {@link #finish}. There is nothing to flush.
   */
  OutputStream output();

  /** {@link #input} as a channel. */
  default ReadableByteChannel readableChannel() {
    return Channels.newChannel(input());
  }

  /** {@link #output} as a channel. */
  default WritableByteChannel writableChannel() {
    return Channels.newChannel(output());
  }

  /**
   * What has come, as soon as something has: one buffer after the other, each the reader's own.
   * Empty when the peer has finished. One read may wait at a time.
   *
   * @return fails as {@link #input} does
   * @throws IllegalStateException if a read waits already
   */
  CompletionStage<Optional<ByteBuffer>> read();

  /**
   * Writes all of a buffer, which is copied before this returns. One write may wait at a time.
   *
   * @return completes when there is room for more; fails as {@link #output} does
   * @throws IllegalStateException if a write waits already
   */
  CompletionStage<Void> write(ByteBuffer bytes);

  /** Says that no more is written: the peer reads what there is, then the end. Idempotent. */
  void finish();

  /**
   * Gives both directions up: what was written and has not arrived is dropped, and the peer is told
   * why.
   *
   * @param code a number of the application's, not negative
   */
  void reset(long code);

  /** {@link #finish}, and says that no more is wanted if the peer has not finished. Idempotent. */
  @Override
  void close();
}
