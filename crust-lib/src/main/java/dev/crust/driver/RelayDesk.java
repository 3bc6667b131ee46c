package dev.crust.driver;

import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.proto.relay.Relay;
import dev.crust.proto.relay.RelayLimits;
import dev.crust.proto.relay.RelayMessage;
import dev.crust.proto.relay.RelayRefusal;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Relays for peers: moves the bytes of circuits from one stream to another as far as the {@link
 * Relay}'s books allow. What may not be moved yet waits in the sender's window, so nothing grows.
 * On the control loop.
 */
final class RelayDesk {
  private final EndpointContext context;
  private final Peers peers;
  private final Relay books;
  private final Map<Long, Leg> openers = new HashMap<>();
  private @Nullable Future<?> timer;

  RelayDesk(EndpointContext context, Peers peers, RelayLimits limits) {
    this.context = context;
    this.peers = peers;
    this.books = new Relay(context.self(), limits);
  }

  /** A peer wants to be reached through us. */
  void onReserve(ServiceStream asker, boolean offered) {
    Relay.Answer answer = new Relay.Answer.Refused(RelayRefusal.NOT_OFFERED);
    if (offered && isDirect(asker.connection())) {
      LocalConnection from = asker.connection();
      answer = books.onReserve(from.peer(), from.path().remote().getAddress(), context.now());
    }
    if (answer instanceof Relay.Answer.Refused refused) {
      refuse(asker, refused.why());
    } else {
      asker.write(RelayMessage.Reserved.of(books.limits()).encode());
      asker.finish();
    }
  }

  /** A peer wants a circuit. Returns who takes what follows on its stream. */
  ServiceStream.User onOpen(ServiceStream asker, PeerId to, boolean offered) {
    LocalConnection from = asker.connection();
    Leg opener = new Leg(from.peer(), asker);
    LocalConnection target = peers.connections().get(to);
    Relay.Answer answer = new Relay.Answer.Refused(RelayRefusal.NOT_OFFERED);
    // A circuit within a circuit would have no end of detours.
    if (offered && isDirect(from)) {
      answer =
          books.onOpen(
              from.peer(),
              from.path().remote().getAddress(),
              to,
              peer -> target != null && isDirect(target),
              context.now());
    }
    if (answer instanceof Relay.Answer.Opened opened && target != null) {
      open(opened.circuit(), opener, target);
    } else {
      opener.over = true;
      refuse(
          asker,
          answer instanceof Relay.Answer.Refused refused
              ? refused.why()
              : RelayRefusal.NOT_CONNECTED);
    }
    return opener;
  }

  private void open(long circuit, Leg opener, LocalConnection target) {
    ServiceStream further = target.openService(RelayMessage.SERVICE);
    Leg leg = new Leg(target.peer(), further);
    further.use(leg);
    leg.circuit = circuit;
    leg.other = opener;
    opener.circuit = circuit;
    opener.other = leg;
    openers.put(circuit, opener);
    // For those who will punch, and want to know that they do no harm there.
    Optional<InetAddress> observed = opener.stream.connection().whereWeSee();
    further.write(new RelayMessage.Incoming(opener.peer, observed).encode());
    opener.stream.write(new RelayMessage.Opened(target.whereWeSee()).encode());
    schedule();
  }

  private static boolean isDirect(LocalConnection connection) {
    return connection.path().method() != Path.Method.RELAYED;
  }

  static void refuse(ServiceStream asker, RelayRefusal why) {
    asker.reset(why.code());
    asker.stop(why.code());
  }

  /** A peer is connected to us no more. */
  void onGone(PeerId peer) {
    books.onGone(peer).forEach(this::cut);
    schedule();
  }

  private void cut(Relay.Closed closed) {
    Leg opener = openers.remove(closed.circuit());
    if (opener != null) {
      opener.cut(closed.why());
      Leg target = opener.other;
      if (target != null) {
        target.cut(closed.why());
      }
    }
  }

  private void schedule() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    Instant deadline = books.deadline();
    if (!deadline.equals(Instant.MAX)) {
      timer =
          context.at(
              deadline,
              context.control(),
              () -> {
                books.onTimeout(context.now()).forEach(this::cut);
                schedule();
              });
    }
  }

  /** One peer's stream of a circuit, and the bytes that come from there for the other. */
  private final class Leg implements ServiceStream.User {
    final PeerId peer;
    final ServiceStream stream;
    private final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>();
    private long circuit;
    private @Nullable Leg other;
    private boolean ended;
    private boolean paused;
    private boolean over;

    Leg(PeerId peer, ServiceStream stream) {
      this.peer = peer;
      this.stream = stream;
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      if (over) {
        stream.taken(bytes.remaining());
      } else if (bytes.hasRemaining()) {
        waiting.add(bytes);
        move();
      }
    }

    /** There is room for what comes from the other side. */
    @Override
    public void onRoom() {
      Leg from = other;
      if (from != null) {
        from.move();
      }
    }

    @Override
    public void onEnd() {
      ended = true;
      move();
    }

    @Override
    public void onReset(long code) {
      Leg to = other;
      if (!over && to != null) {
        to.stream.reset(code);
        end();
      }
    }

    /** Nothing that comes from the other side is wanted here. */
    @Override
    public void onStopped() {
      Leg from = other;
      if (from != null && !from.over) {
        from.stream.stop(RelayRefusal.CLOSED.code());
        from.end();
      }
    }

    @Override
    public void onLost() {
      if (openers.containsKey(circuit)) {
        books.onClose(circuit, peer);
        RelayDesk.this.cut(new Relay.Closed(circuit, peer, peer, RelayRefusal.PEER_GONE));
      }
    }

    private void move() {
      Leg to = other;
      while (to != null && !over && !paused && !waiting.isEmpty()) {
        ByteBuffer head = waiting.element();
        int length = (int) Math.min(to.stream.room(), head.remaining());
        if (length == 0) {
          return;
        }
        Relay.Verdict verdict = books.onData(circuit, peer, length, context.now());
        if (verdict instanceof Relay.Verdict.Cut cut) {
          RelayDesk.this.cut(cut.closed());
          return;
        } else if (verdict instanceof Relay.Verdict.Drop) {
          end();
          return;
        }
        to.stream.write(head.slice(head.position(), length));
        stream.taken(length);
        head.position(head.position() + length);
        if (!head.hasRemaining()) {
          waiting.remove();
        }
        if (verdict instanceof Relay.Verdict.PassAndPause pause) {
          paused = true;
          context.at(pause.until(), context.control(), this::goOn);
        }
      }
      if (to != null && ended && !over && waiting.isEmpty()) {
        to.stream.finish();
        end();
      }
    }

    private void goOn() {
      paused = false;
      move();
    }

    /** Nothing more goes from here to the other side. */
    private void end() {
      over = true;
      drop();
      Leg to = other;
      if (to != null && to.over && openers.remove(circuit) != null) {
        books.onClose(circuit, peer);
        schedule();
      }
    }

    private void drop() {
      long dropped = 0;
      for (ByteBuffer each : waiting) {
        dropped += each.remaining();
      }
      waiting.clear();
      if (dropped > 0) {
        stream.taken(dropped);
      }
    }

    private void cut(RelayRefusal why) {
      over = true;
      drop();
      refuse(stream, why);
    }
  }
}
