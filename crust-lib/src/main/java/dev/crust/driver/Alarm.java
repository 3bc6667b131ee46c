package dev.crust.driver;

import io.netty.util.concurrent.Future;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** When a machine is to be woken: one time, or none. On the control loop. */
final class Alarm {
  private final EndpointContext context;
  private @Nullable Future<?> set;

  /** One that is not set. */
  Alarm(EndpointContext context) {
    this.context = context;
  }

  /** Sets it to this time alone; {@link Instant#MAX} is never. */
  void set(Instant due, Runnable task) {
    stop();
    if (!due.equals(Instant.MAX)) {
      set = context.at(due, context.control(), task);
    }
  }

  /** Unsets it. */
  void stop() {
    if (set != null) {
      set.cancel(false);
      set = null;
    }
  }
}
