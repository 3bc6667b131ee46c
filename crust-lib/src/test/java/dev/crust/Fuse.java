package dev.crust;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Burns down with the bytes that pass a proxy, and then does something to what passes. */
final class Fuse {
  private static final long UNLIT = Long.MAX_VALUE;

  /** What happens at its end. */
  interface Blast {
    void go() throws IOException;
  }

  private final AtomicLong left = new AtomicLong(UNLIT);
  private volatile Blast blast = () -> {};

  /** Lights it. */
  void light(long bytes, Blast then) {
    blast = then;
    left.set(bytes);
  }

  /** Whether the end is still to come. */
  boolean burns() {
    return left.get() != UNLIT;
  }

  /** So many bytes are about to pass. Returns how many of them may before it {@link #blow}s. */
  int burn(int length) {
    long before = left.getAndUpdate(n -> n == UNLIT ? n : Math.max(0, n - length));
    return (int) Math.min(before, length);
  }

  /** It has burnt down. */
  void blow() throws IOException {
    left.set(UNLIT);
    blast.go();
  }
}
