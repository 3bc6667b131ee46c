package dev.crust.driver;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Pipe;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import dev.crust.proto.session.SessionPath;
import dev.crust.proto.wire.Admit;
import dev.crust.proto.wire.Close;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A path from its TLS handshake to its end. Runs on the pipe's loop.
 *
 * <table>
 * <caption>Transitions</caption>
 * <tr><th>state</th><th>event</th><th>next</th></tr>
 * <tr><td>GREETING: TLS is under way, or the peer's Hello has not come</td><td>Hello of our network and version</td>
 * <td>DECIDING</td></tr>
 * <tr><td></td><td>any other Hello</td><td>LEAVING, after a Close with the reason</td></tr>
 * <tr><td>DECIDING: the control loop, or the peer, decides</td><td>admitted by the control loop</td><td>OPEN</td></tr>
 * <tr><td></td><td>admitted by the peer</td><td>ADMITTED</td></tr>
 * <tr><td></td><td>refused by the control loop</td><td>LEAVING, after a Close with the reason</td></tr>
 * <tr><td>ADMITTED: what comes is kept until the control loop follows</td><td>it does</td><td>OPEN</td></tr>
 * <tr><td>OPEN: the connection has it</td><td>the connection ends</td><td>LEAVING, after a Close</td></tr>
 * <tr><td>LEAVING: the peer is given a second to hang up</td><td>the pipe closes</td><td>ENDED</td></tr>
 * <tr><td>any</td><td>a Close from the peer, a broken pipe</td><td>ENDED</td></tr>
 * </table>
 */
final class PeerPath implements Pipe.Reader, FrameReader.Frames {
  private static final long LINGER_MILLIS = 1000;
  private static final int MAX_DETAIL = 500;
  private static final int MAX_EARLY = 8 << 20;
  private static final int EARLY_OVERHEAD = 64;
  private static final int REST = -1;

  /** A frame, or the rest of one, that came before the control loop had followed. */
  private record Early(int type, ByteBuffer bytes, int missing) {}

  /** How a path came to belong to a connection. */
  enum Joining {
    /** It is the first of a connection that we admitted. */
    FIRST,
    /** It is the first of a connection that the peer admitted. */
    FIRST_BY_PEER,
    /** The connection was there. */
    FURTHER
  }

  /** Who wants to know what becomes of a path. */
  interface Fate {
    /** Whether we have dialled the path. */
    default boolean isOfOurs() {
      return true;
    }

    /** With what to greet this peer. On the path's loop. */
    Greeting greeting(PeerPath path, PeerId peer);

    /** The peer has proven who it is and greeted us. On the path's loop. */
    void onGreeted(PeerPath path, Greeting greeting);

    /** The peer has admitted the path by this name. On the path's loop. */
    void onAdmitted(PeerPath path, Token connection);

    /**
     * The path belongs to a connection. On the control loop.
     *
     * @return who wants to know of its end; whoever wanted the connection need not
     */
    Fate onConnection(PeerPath path, LocalConnection connection, Joining how);

    /** The path is of no use any more. Called once, on the path's loop. */
    void onEnded(PeerPath path, Reason reason, String detail);
  }

  private enum State {
    GREETING,
    DECIDING,
    ADMITTED,
    OPEN,
    LEAVING,
    ENDED
  }

  private final Pipe pipe;
  private final EndpointContext context;
  private volatile Fate fate;
  private final FrameReader frames = new FrameReader(this);
  private State state = State.GREETING;
  private boolean reported;
  private boolean superseded;
  private volatile @Nullable PeerId peer;
  private volatile @Nullable Greeting greeting;
  private volatile @Nullable Sighting sighting;
  private volatile @Nullable OpenPath open;
  private @Nullable SessionMonitor monitor;
  private List<Early> early = List.of();
  private int earlyBytes;

  PeerPath(Pipe pipe, EndpointContext context, Fate fate) {
    this.pipe = pipe;
    this.context = context;
    this.fate = fate;
    context.paths().add(this);
  }

  Pipe pipe() {
    return pipe;
  }

  /**
   * Who is at the other end; null before the TLS handshake has ended. May be asked by any thread.
   */
  @Nullable PeerId peer() {
    return peer;
  }

  private PeerId provenPeer() {
    PeerId proven = peer;
    if (proven == null) {
      throw new IllegalStateException("bytes came before the TLS handshake had ended");
    }
    return proven;
  }

  @Override
  public void onOpen(PeerId proven) {
    peer = proven;
    write(
        FrameType.HELLO,
        fate.greeting(this, proven).toHello(context.networkKey(), context.self(), proven));
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    if (state == State.LEAVING || state == State.ENDED) {
      return;
    }
    SessionMonitor lock = monitor;
    try {
      if (lock == null) {
        frames.read(bytes);
      } else {
        synchronized (lock) {
          frames.read(bytes);
        }
      }
    } catch (MalformedMessageException e) {
      if (lock == null) {
        leave(Reason.PROTOCOL_VIOLATION, String.valueOf(e.getMessage()));
      } else {
        lock.violated(e);
      }
    }
  }

  @Override
  public void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
    OpenPath path = open;
    if (state == State.OPEN && path != null) {
      path.onFrame(type, body, missing);
    } else if (type == FrameType.CLOSE && state != State.LEAVING && state != State.ENDED) {
      Close close = SessionPath.parseClose(body);
      closedByPeer(close.getReason(), close.getDetail());
    } else if (state == State.GREETING && type == FrameType.HELLO) {
      onHello(body);
    } else if (state == State.DECIDING && type == FrameType.ADMIT) {
      onAdmit(body);
    } else if (state == State.ADMITTED) {
      keep(type, body, missing);
    } else if (state == State.GREETING || state == State.DECIDING) {
      throw new MalformedMessageException("a frame of type " + type + " before its time");
    }
  }

  @Override
  public void onRest(ByteBuffer bytes, int missing) throws MalformedMessageException {
    OpenPath path = open;
    if (state == State.OPEN && path != null) {
      path.onRest(bytes, missing);
    } else if (state == State.ADMITTED) {
      keep(REST, bytes, missing);
    }
  }

  /** What the peer sends while the control loop is about to follow its Admit. */
  private void keep(int type, ByteBuffer bytes, int missing) throws MalformedMessageException {
    earlyBytes += bytes.remaining() + EARLY_OVERHEAD;
    if (earlyBytes > MAX_EARLY) {
      throw new MalformedMessageException("too much came before the path was followed");
    }
    early = early.isEmpty() ? new ArrayList<>() : early;
    early.add(new Early(type, ByteBuffer.allocate(bytes.remaining()).put(bytes).flip(), missing));
  }

  private void onHello(ByteBuffer body) throws MalformedMessageException {
    Greeting.Reading reading =
        Greeting.read(body, context.networkKey(), provenPeer(), context.self());
    if (reading instanceof Greeting.Reading.Welcome welcome) {
      greeting = welcome.greeting();
      sighting = Sighting.of(pipe, provenPeer(), welcome.greeting()).orElse(null);
      state = State.DECIDING;
      // The peer is known and of our network; what may follow, and how much, is bounded by us.
      pipe.admitted();
      fate.onGreeted(this, welcome.greeting());
    } else if (reading instanceof Greeting.Reading.Refusal refusal) {
      leave(refusal.reason(), refusal.detail());
    }
  }

  private void onAdmit(ByteBuffer body) throws MalformedMessageException {
    Token name;
    try {
      name = Token.of(Admit.parseFrom(body).getConnection().toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("an Admit that is not well-formed");
    }
    state = State.ADMITTED;
    fate.onAdmitted(this, name);
  }

  /**
   * The control loop has decided for this path, or follows the peer's Admit. Returns false if the
   * path has ended meanwhile.
   */
  boolean join(Token name, SessionMonitor connection) {
    if (state == State.DECIDING) {
      write(
          FrameType.ADMIT,
          Admit.newBuilder().setConnection(ByteString.copyFrom(name.bytes())).build());
      open(connection);
    } else if (state == State.ADMITTED) {
      follow(connection);
    } else {
      return false;
    }
    return true;
  }

  private void follow(SessionMonitor connection) {
    open(connection);
    List<Early> kept = early;
    early = List.of();
    try {
      synchronized (connection) {
        for (Early each : kept) {
          if (each.type == REST) {
            onRest(each.bytes, each.missing);
          } else {
            onFrame(each.type, each.bytes, each.missing);
          }
        }
      }
      onBatchRead();
    } catch (MalformedMessageException e) {
      connection.violated(e);
    }
  }

  private void open(SessionMonitor connection) {
    state = State.OPEN;
    monitor = connection;
    open = connection.attach(this);
  }

  /** Whether the peer has closed it because it has another path to us. On the pipe's loop. */
  boolean superseded() {
    return superseded;
  }

  /** What the peer has said in its Hello. */
  Greeting greeting() {
    Greeting welcome = greeting;
    if (welcome == null) {
      throw new IllegalStateException("a path was admitted before it was greeted");
    }
    return welcome;
  }

  /**
   * Where the peer has said in its Hello that it sees us, if it has. May be asked by any thread.
   */
  Optional<Sighting> sighting() {
    return Optional.ofNullable(sighting);
  }

  /** Whether we have dialled it, rather than the peer. */
  boolean wasDialled() {
    return fate.isOfOurs();
  }

  /** Whether it has belonged to a connection. */
  boolean wasOpen() {
    return open != null;
  }

  /** Tells the peer why the path ends, and gives it a second to hang up. */
  void leave(Reason reason, String detail) {
    if (state == State.LEAVING || state == State.ENDED) {
      return;
    }
    state = State.LEAVING;
    report(reason, detail);
    if (peer != null) {
      String shortened = detail.length() <= MAX_DETAIL ? detail : detail.substring(0, MAX_DETAIL);
      write(
          FrameType.CLOSE,
          Close.newBuilder().setReason(reason.toString()).setDetail(shortened).build());
      pipe.loop().schedule(pipe::part, LINGER_MILLIS, TimeUnit.MILLISECONDS);
    } else {
      pipe.close();
    }
  }

  /** Ends the path at once, without a word: the peer does not hear us. */
  void abort(Reason reason, String detail) {
    report(reason, detail);
    pipe.abort();
  }

  /** Whoever waits for the end hears of it now, although the pipe may take a little longer. */
  private void report(Reason reason, String detail) {
    if (reported) {
      return;
    }
    reported = true;
    OpenPath path = open;
    SessionMonitor connection = monitor;
    if (path != null && connection != null) {
      connection.onPathEnded(path, reason, detail);
    }
    fate.onEnded(this, reason, detail);
  }

  /** The peer has closed the path and, unless another has taken over, the connection. */
  void closedByPeer(String reason, String detail) {
    Reason told = Reasons.fromPeer(reason);
    state = State.ENDED;
    superseded = told == Reason.SUPERSEDED;
    SessionMonitor connection = monitor;
    if (connection != null && !connection.concernsOnePath(told)) {
      connection.end(new LocalConnection.End(told, detail));
    }
    report(told, detail);
    pipe.part();
  }

  /** The fate hears that the path belongs to a connection. On the control loop. */
  void tellConnection(LocalConnection connection, Joining how) {
    fate = fate.onConnection(this, connection, how);
    // What was said has been taken note of.
    greeting = null;
    sighting = null;
  }

  @Override
  public void onBatchRead() {
    OpenPath path = open;
    SessionMonitor connection = monitor;
    if (state == State.OPEN && path != null && connection != null) {
      connection.onBatchRead(path);
    }
  }

  @Override
  public void onWritable() {
    OpenPath path = open;
    SessionMonitor connection = monitor;
    if (state == State.OPEN && path != null && connection != null) {
      connection.onWritable(path);
    }
  }

  /** What the peer has been told is a connection stays one. */
  @Override
  public void onCancelled() {
    if (state != State.OPEN && state != State.ADMITTED) {
      leave(Reason.CANCELLED, "");
    }
  }

  @Override
  public void onClosed(Reason reason, String detail) {
    state = State.ENDED;
    early = List.of();
    report(reason, detail);
    context.paths().remove(this);
  }

  private void write(int type, MessageLite message) {
    int size = message.getSerializedSize();
    pipe.write(
        size + Varint.MAX_LENGTH,
        out -> {
          Varint.write(out, size + 1);
          out.put((byte) type);
          try {
            CodedOutputStream coded = CodedOutputStream.newInstance(out);
            message.writeTo(coded);
            coded.flush();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    pipe.flush();
  }
}
