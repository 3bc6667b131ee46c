package dev.crust.bench;

import dev.crust.Message;
import dev.crust.Transport;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Messages over a connection: one way to the receiver's user, and there and back as far as the
 * peer's endpoint, which acknowledges. Used by one thread.
 */
final class CrustMessages implements Contender {
  private final CrustPair pair;
  private final AtomicLong received = new AtomicLong();
  private volatile long expected = Long.MAX_VALUE;
  private volatile CountDownLatch arrived = new CountDownLatch(1);

  CrustMessages(Transport transport) throws Exception {
    pair = new CrustPair(transport);
    pair.receiver()
        .onMessage(
            (from, message) -> {
              if (received.addAndGet(message.length()) >= expected) {
                arrived.countDown();
              }
            });
  }

  @Override
  public void transfer(long bytes, int write) throws Exception {
    byte[] payload = new byte[write];
    arrived = new CountDownLatch(1);
    received.set(0);
    expected = bytes;
    for (long sent = 0; sent < bytes; sent += write) {
      pair.connection().send(Message.wrap(Message.DEFAULT_PRIORITY, payload));
    }
    if (!arrived.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the messages did not arrive");
    }
    expected = Long.MAX_VALUE;
  }

  @Override
  public void roundTrip(int bytes) throws Exception {
    CrustPair.await(pair.connection().send(Message.wrap(0, new byte[bytes])));
  }

  @Override
  public void close() {
    pair.close();
  }
}
