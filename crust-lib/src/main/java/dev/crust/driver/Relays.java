package dev.crust.driver;

import dev.crust.CrustAddress;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.io.Pipe;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.relay.FirstWords;
import dev.crust.proto.relay.RelayMessage;
import dev.crust.proto.relay.RelayRefusal;
import dev.crust.proto.relay.Reservations;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint has to do with relays: keeps reservations with a few ({@link Reservations}),
 * knows which could carry a circuit, lets in who comes by one, and has a {@link RelayDesk} for its
 * own. On the control loop, where nothing else is said.
 */
final class Relays {
  /** One that may go, and one more. */
  private static final int WANTED = 2;

  private final EndpointContext context;
  private final Listeners listeners;
  private final Peers peers;
  private final Relaying relaying;
  private final RelayDesk desk;
  private final Reservations reservations = new Reservations(WANTED);
  private final Set<RelayedDial> looking = new LinkedHashSet<>();
  private volatile @Nullable Function<Pipe, Pipe.Reader> door;
  private @Nullable Future<?> timer;
  private boolean closed;

  Relays(EndpointContext context, Listeners listeners, Peers peers) {
    this.context = context;
    this.listeners = listeners;
    this.peers = peers;
    this.relaying = context.relaying();
    this.desk = new RelayDesk(context, peers, context.relayLimits());
  }

  /** Lets in who comes by a circuit. By the thread that opens the endpoint. */
  void open(Function<Pipe, Pipe.Reader> readers) {
    door = readers;
  }

  /** Who reads from what comes in by others' sockets; null before the endpoint is open. */
  @Nullable Function<Pipe, Pipe.Reader> door() {
    return door;
  }

  /** The endpoint closes: what goes now is no news. */
  void close() {
    closed = true;
  }

  /** Whether we relay for others now. May be asked by any thread. */
  boolean offered() {
    return switch (relaying) {
      case ALWAYS -> true;
      case WHEN_PUBLIC ->
          listeners.candidates().stream()
              .anyMatch(each -> Path.Method.of(each.address()) == Path.Method.DIRECT);
      case FOR_OURSELVES, NEVER -> false;
    };
  }

  /** Whether we use relays. */
  boolean used() {
    return relaying != Relaying.NEVER;
  }

  /** A connection is up. */
  void onUp(LocalConnection connection) {
    if (used() && connection.peerRelays()) {
      run(reservations.onRelay(connection.peer(), context.now()));
      List.copyOf(looking).forEach(dial -> dial.onRelay(connection.peer()));
    }
    onDialEnded();
  }

  /** Somebody who might have become a relay is not dialled any more. */
  void onDialEnded() {
    List.copyOf(looking).forEach(RelayedDial::settle);
  }

  /** A connection is over. */
  void onGone(PeerId peer) {
    desk.onGone(peer);
    run(reservations.onGone(peer, context.now()));
  }

  /** Somebody looks for a relay, and wants to hear of those that come. */
  void watch(RelayedDial dial) {
    looking.add(dial);
  }

  /** Nobody looks any more. */
  void unwatch(RelayedDial dial) {
    looking.remove(dial);
  }

  /** Who could carry a circuit to a peer: those that were named for it, then all others. */
  List<PeerId> towards(PeerId peer, List<PeerId> named) {
    List<PeerId> found = new ArrayList<>();
    if (used()) {
      named.stream().distinct().filter(relay -> couldRelay(relay, peer)).forEach(found::add);
      peers.connections().keySet().stream()
          .filter(relay -> !found.contains(relay) && couldRelay(relay, peer))
          .limit(CrustAddress.MAX_CANDIDATES)
          .forEach(found::add);
    }
    return found;
  }

  /** One that is itself reached by a relay could lead in circles. */
  boolean couldRelay(PeerId relay, PeerId to) {
    LocalConnection connection = peers.connections().get(relay);
    return connection != null
        && used()
        && !relay.equals(to)
        && connection.peerRelays()
        && connection.path().method() != Path.Method.RELAYED;
  }

  private void run(List<Reservations.Effect> effects) {
    if (closed) {
      return;
    }
    for (Reservations.Effect effect : effects) {
      if (effect instanceof Reservations.Effect.Reserve reserve) {
        LocalConnection relay = peers.connections().get(reserve.relay());
        if (relay != null) {
          ServiceStream stream = relay.openService(RelayMessage.SERVICE);
          stream.use(new Asking(reserve.relay(), stream));
          stream.write(new RelayMessage.Reserve().encode());
        }
      } else if (effect instanceof Reservations.Effect.Changed changed) {
        listeners.relays(changed.relays());
      }
    }
    schedule();
  }

  private void schedule() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    Instant deadline = reservations.deadline();
    if (!deadline.equals(Instant.MAX)) {
      timer =
          context.at(deadline, context.control(), () -> run(reservations.onTimeout(context.now())));
    }
  }

  /** A question for a reservation, and its answer. */
  private final class Asking implements ServiceStream.User {
    private final PeerId relay;
    private final ServiceStream stream;
    private final FirstWords words = new FirstWords();

    Asking(PeerId relay, ServiceStream stream) {
      this.relay = relay;
      this.stream = stream;
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      stream.taken(bytes.remaining());
      try {
        Optional<RelayMessage> answer = words.read(bytes);
        if (answer.isPresent() && answer.get() instanceof RelayMessage.Reserved reserved) {
          stream.finish();
          run(reservations.onReserved(relay, reserved.lifetime(), context.now()));
        }
      } catch (MalformedMessageException e) {
        RelayDesk.refuse(stream, RelayRefusal.MALFORMED);
        run(reservations.onRefused(relay, context.now()));
      }
    }

    @Override
    public void onReset(long code) {
      stream.finish();
      run(reservations.onRefused(relay, context.now()));
    }

    @Override
    public void onRoom() {}

    @Override
    public void onEnd() {}

    @Override
    public void onStopped() {}

    /** The relay is gone, which is told otherwise. */
    @Override
    public void onLost() {}
  }

  /** Who takes what comes on a stream that a peer has opened. On any loop. */
  ServiceStream.User visitor(long service, ServiceStream stream) {
    return new Visitor(service, stream);
  }

  /** Reads what a peer wants, and leaves the stream to whom it concerns. */
  private final class Visitor implements ServiceStream.User {
    private final long service;
    private final ServiceStream stream;
    private final FirstWords words = new FirstWords();
    private ServiceStream.@Nullable User user;
    private boolean refused;

    Visitor(long service, ServiceStream stream) {
      this.service = service;
      this.stream = stream;
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      if (user != null) {
        user.onBytes(bytes);
        return;
      }
      int length = bytes.remaining();
      if (!refused && service == RelayMessage.SERVICE) {
        read(bytes);
      } else {
        refuse(RelayRefusal.NOT_OFFERED);
        bytes.position(bytes.limit());
      }
      stream.taken(length - bytes.remaining());
      if (user != null && bytes.hasRemaining()) {
        user.onBytes(bytes);
      }
    }

    private void read(ByteBuffer bytes) {
      try {
        Optional<RelayMessage> first = words.read(bytes);
        if (first.isPresent()) {
          begin(first.get());
        }
      } catch (MalformedMessageException e) {
        refuse(RelayRefusal.MALFORMED);
      }
      if (user == null) {
        bytes.position(bytes.limit());
      }
    }

    private void begin(RelayMessage wish) throws MalformedMessageException {
      Function<Pipe, Pipe.Reader> entrance = door;
      if (wish instanceof RelayMessage.Open open) {
        user = desk.onOpen(stream, open.peer(), offered());
      } else if (wish instanceof RelayMessage.Reserve) {
        refused = true;
        desk.onReserve(stream, offered());
      } else if (wish instanceof RelayMessage.Incoming it && entrance != null && isOurs()) {
        it.observed().ifPresent(ip -> peers.traversals().onObserved(it.peer(), ip));
        peers.traversals().prepare();
        user = CircuitEnd.accept(stream, context, entrance);
      } else if (wish instanceof RelayMessage.Incoming) {
        refuse(RelayRefusal.NO_RESERVATION);
      } else {
        throw new MalformedMessageException("an answer without a question");
      }
    }

    private boolean isOurs() {
      return listeners.relays().contains(stream.connection().peer());
    }

    private void refuse(RelayRefusal why) {
      if (!refused) {
        refused = true;
        RelayDesk.refuse(stream, why);
      }
    }

    @Override
    public void onRoom() {
      if (user != null) {
        user.onRoom();
      }
    }

    @Override
    public void onEnd() {
      if (user != null) {
        user.onEnd();
      } else {
        refuse(RelayRefusal.MALFORMED);
      }
    }

    @Override
    public void onReset(long code) {
      if (user != null) {
        user.onReset(code);
      } else {
        refuse(RelayRefusal.CLOSED);
      }
    }

    @Override
    public void onStopped() {
      if (user != null) {
        user.onStopped();
      }
    }

    @Override
    public void onLost() {
      if (user != null) {
        user.onLost();
      }
    }
  }
}
