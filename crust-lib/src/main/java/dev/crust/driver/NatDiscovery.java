package dev.crust.driver;

import dev.crust.io.StunBindings;
import dev.crust.proto.stun.BehaviourDiscovery;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.Retransmission;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Runs one {@link BehaviourDiscovery} over UDP. On the control loop. */
final class NatDiscovery {
  /** Fewer do not tell a sequence of ports from chance. */
  private static final int BINDINGS = 5;

  private final EndpointContext context;
  private final InetAddress local;
  private final InetSocketAddress server;
  private final BiConsumer<NatDiscovery, Optional<NatBehaviour>> ended;
  private @Nullable StunBindings bindings;
  private @Nullable BehaviourDiscovery machine;
  private @Nullable Future<?> timer;
  private boolean closed;

  /**
   * One that has not begun.
   *
   * @param local the address of ours to speak from
   * @param server a STUN server, which tells most if it has two addresses
   * @param ended hears what was found; nothing if no socket could be had
   */
  NatDiscovery(
      EndpointContext context,
      InetAddress local,
      InetSocketAddress server,
      BiConsumer<NatDiscovery, Optional<NatBehaviour>> ended) {
    this.context = context;
    this.local = local;
    this.server = server;
    this.ended = ended;
  }

  void begin() {
    context
        .stunBindings(
            local,
            BINDINGS,
            (binding, from, message) -> {
              BehaviourDiscovery known = machine;
              if (known != null && !closed) {
                run(known.onMessage(binding, from, message, context.now()));
              }
            })
        .whenComplete((opened, failed) -> context.onControl(() -> opened(opened)));
  }

  private void opened(@Nullable StunBindings opened) {
    if (opened == null) {
      end(Optional.empty());
      return;
    }
    bindings = opened;
    if (closed) {
      opened.close();
      return;
    }
    BehaviourDiscovery begun =
        BehaviourDiscovery.brief(
            server, opened.locals(), Retransmission.BRIEF, new SecureRandom(), context.now());
    machine = begun;
    run(begun.onTimeout(context.now()));
  }

  private void run(List<BehaviourDiscovery.Effect> effects) {
    StunBindings sockets = bindings;
    for (BehaviourDiscovery.Effect effect : effects) {
      if (effect instanceof BehaviourDiscovery.Effect.Send send && sockets != null) {
        sockets.send(send.binding(), send.to(), send.message());
      } else if (effect instanceof BehaviourDiscovery.Effect.Found found) {
        end(Optional.of(found.behaviour()));
        return;
      }
    }
    schedule();
  }

  private void schedule() {
    stopTimer();
    BehaviourDiscovery known = machine;
    if (known != null && !known.deadline().equals(Instant.MAX)) {
      timer =
          context.at(
              known.deadline(), context.control(), () -> run(known.onTimeout(context.now())));
    }
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void end(Optional<NatBehaviour> found) {
    if (!closed) {
      close();
      ended.accept(this, found);
    }
  }

  /** Nobody needs to know any more. */
  void close() {
    closed = true;
    stopTimer();
    if (bindings != null) {
      bindings.close();
    }
  }
}
