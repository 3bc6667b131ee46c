package dev.crust.io;

import org.jspecify.annotations.Nullable;

/** An attempt to connect. Thread-safe. */
public final class Outgoing {
  private @Nullable Pipe pipe;
  private boolean cancelled;

  Outgoing() {}

  synchronized void begun(Pipe begun) {
    pipe = begun;
    if (cancelled) {
      begun.loop().execute(begun::cancel);
    }
  }

  /** The pipeline may be empty by now: Netty tears it down as soon as the socket has failed. */
  synchronized void failed(Failures.Cause why) {
    if (pipe != null) {
      pipe.end(why);
    }
  }

  /** Gives it up, unless its reader holds on to it; see {@link Pipe.Reader#onCancelled}. */
  public synchronized void cancel() {
    cancelled = true;
    if (pipe != null) {
      pipe.loop().execute(pipe::cancel);
    }
  }
}
