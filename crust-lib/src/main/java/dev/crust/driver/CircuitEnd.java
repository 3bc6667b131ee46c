package dev.crust.driver;

import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Circuit;
import dev.crust.io.CircuitWire;
import dev.crust.io.Pipe;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.relay.FirstWords;
import dev.crust.proto.relay.RelayMessage;
import dev.crust.proto.relay.RelayRefusal;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Our end of a circuit: a stream to the relay as the wire of a {@link Circuit}. On the control
 * loop.
 *
 * <table>
 * <caption>Transitions of one that we ask for</caption>
 * <tr><th>state</th><th>event</th><th>next</th></tr>
 * <tr><td>asked: our first flight is on its way</td><td>the relay opens it</td><td>open</td></tr>
 * <tr><td>asked, open</td><td>a reset, or the connection to the relay is over</td><td>over: the circuit is cut</td></tr>
 * <tr><td>open</td><td>the other end closes</td><td>over</td></tr>
 * </table>
 */
final class CircuitEnd implements ServiceStream.User, CircuitWire {
  /** Who hears what the relay says of a circuit that we ask for. */
  interface Answer {
    /** It is open; the relay may have told where it sees the peer. */
    void onOpened(Optional<InetAddress> observed);

    /** It is not, or not any more; the circuit is about to be cut. */
    void onRefused(RelayRefusal why);
  }

  private static final Answer NOBODY_ASKED =
      new Answer() {
        @Override
        public void onOpened(Optional<InetAddress> observed) {}

        @Override
        public void onRefused(RelayRefusal why) {}
      };

  private final ServiceStream stream;
  private final Answer answer;
  private final FirstWords words = new FirstWords();
  private boolean opened;
  private @Nullable Circuit circuit;

  private CircuitEnd(ServiceStream stream, Answer answer, boolean opened) {
    this.stream = stream;
    this.answer = answer;
    this.opened = opened;
  }

  /** Asks a relay for a circuit to a peer, and begins the handshake in it. */
  static Circuit dial(
      LocalConnection relay,
      PeerId peer,
      EndpointContext context,
      Duration timeout,
      Function<Pipe, Pipe.Reader> readers,
      Answer answer) {
    ServiceStream stream = relay.openService(RelayMessage.SERVICE);
    CircuitEnd end = new CircuitEnd(stream, answer, false);
    stream.use(end);
    stream.write(new RelayMessage.Open(peer).encode());
    Circuit begun =
        Circuit.dial(context.tls(), context.control(), end, way(relay), peer, timeout, readers);
    end.circuit = begun;
    return begun;
  }

  /** A relay tells of a circuit that a peer has opened to us. */
  static CircuitEnd accept(
      ServiceStream stream, EndpointContext context, Function<Pipe, Pipe.Reader> readers) {
    CircuitEnd end = new CircuitEnd(stream, NOBODY_ASKED, true);
    end.circuit =
        Circuit.accept(context.tls(), context.control(), end, way(stream.connection()), readers);
    return end;
  }

  private static Circuit.Way way(LocalConnection relay) {
    Path path = relay.path();
    return Circuit.Way.by(relay.peer(), path.transport(), path.local(), path.remote());
  }

  @Override
  public long room() {
    return stream.room();
  }

  @Override
  public void write(ByteBuffer bytes) {
    stream.write(bytes);
  }

  @Override
  public void close() {
    stream.finish();
    stream.stop(RelayRefusal.CLOSED.code());
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    stream.taken(bytes.remaining());
    try {
      if (!opened && !readFirst(bytes)) {
        return;
      }
    } catch (MalformedMessageException e) {
      cut(Reason.PROTOCOL_VIOLATION, String.valueOf(e.getMessage()));
      return;
    }
    Circuit known = circuit;
    if (known != null && bytes.hasRemaining()) {
      known.onBytes(bytes);
    }
  }

  private boolean readFirst(ByteBuffer bytes) throws MalformedMessageException {
    Optional<RelayMessage> first = words.read(bytes);
    if (first.isEmpty()) {
      return false;
    }
    if (!(first.get() instanceof RelayMessage.Opened told)) {
      throw new MalformedMessageException("a relay answers with something else");
    }
    opened = true;
    answer.onOpened(told.observed());
    return true;
  }

  @Override
  public void onRoom() {
    Circuit known = circuit;
    if (known != null) {
      known.onRoom();
    }
  }

  @Override
  public void onEnd() {
    Circuit known = circuit;
    if (known != null) {
      known.onEnd();
    }
  }

  @Override
  public void onReset(long code) {
    RelayRefusal why = RelayRefusal.of(code);
    answer.onRefused(why);
    cut(Reason.RELAY_REFUSED, why + ": " + why.sentence());
  }

  /** The end of what comes to us follows. */
  @Override
  public void onStopped() {}

  @Override
  public void onLost() {
    answer.onRefused(RelayRefusal.PEER_GONE);
    cut(Reason.PATH_LOST, "the connection to the relay is over");
  }

  private void cut(Reason reason, String detail) {
    Circuit known = circuit;
    if (known != null) {
      known.onCut(reason, detail);
    }
  }
}
