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
import dev.crust.proto.session.Session;
import dev.crust.proto.wire.Admit;
import dev.crust.proto.wire.Close;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
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
 * <tr><td>DECIDING: the control loop, or the peer, decides</td><td>admitted by either</td><td>OPEN</td></tr>
 * <tr><td></td><td>refused by the control loop</td><td>LEAVING, after a Close with the reason</td></tr>
 * <tr><td>OPEN: the connection has it</td><td>the connection ends</td><td>LEAVING, after a Close</td></tr>
 * <tr><td>LEAVING: the peer is given a second to hang up</td><td>the pipe closes</td><td>ENDED</td></tr>
 * <tr><td>any</td><td>a Close from the peer, a broken pipe</td><td>ENDED</td></tr>
 * </table>
 */
final class PeerPath implements Pipe.Reader, FrameReader.Frames {
  private static final long LINGER_MILLIS = 1000;
  private static final int MAX_DETAIL = 500;

  /** Who wants to know what becomes of a path. Called on the path's loop. */
  interface Fate {
    /** With what to greet this peer. */
    Greeting greeting(PeerId peer);

    /** The peer has proven who it is and greeted us. */
    void onGreeted(PeerPath path, Greeting greeting);

    /**
     * The path carries a connection, which we admitted, or which the peer admitted by this name.
     */
    void onOpened(PeerPath path, LocalConnection connection, @Nullable Token admittedByPeer);

    /** The connection on the path has shown a sign of life. */
    void onAlive(PeerPath path);

    /** The path is of no use any more. Called once, also for a path that never was open. */
    void onEnded(PeerPath path, Reason reason, String detail);
  }

  private enum State {
    GREETING,
    DECIDING,
    OPEN,
    LEAVING,
    ENDED
  }

  private final Pipe pipe;
  private final EndpointContext context;
  private final Fate fate;
  private final FrameReader frames = new FrameReader(this);
  private State state = State.GREETING;
  private boolean reported;
  private volatile @Nullable PeerId peer;
  private @Nullable Greeting greeting;
  private @Nullable SessionLoop session;

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
        fate.greeting(proven).toHello(context.networkKey(), context.self(), proven));
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    if (state == State.LEAVING || state == State.ENDED) {
      return;
    }
    try {
      frames.read(bytes);
    } catch (MalformedMessageException e) {
      leave(Reason.PROTOCOL_VIOLATION, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
    if (state == State.OPEN) {
      session().onFrame(type, body, missing);
    } else if (type == FrameType.CLOSE && state != State.LEAVING && state != State.ENDED) {
      Close close = Session.parseClose(body);
      closedByPeer(close.getReason(), close.getDetail());
    } else if (state == State.GREETING && type == FrameType.HELLO) {
      onHello(body);
    } else if (state == State.DECIDING && type == FrameType.ADMIT) {
      onAdmit(body);
    } else if (state == State.GREETING || state == State.DECIDING) {
      throw new MalformedMessageException("a frame of type " + type + " before its time");
    }
  }

  @Override
  public void onRest(ByteBuffer bytes, int missing) {
    if (state == State.OPEN) {
      session().onRest(bytes, missing);
    }
  }

  private void onHello(ByteBuffer body) throws MalformedMessageException {
    Greeting.Reading reading =
        Greeting.read(body, context.networkKey(), provenPeer(), context.self());
    if (reading instanceof Greeting.Reading.Welcome welcome) {
      greeting = welcome.greeting();
      state = State.DECIDING;
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
    open(name);
  }

  /** The control loop has decided for this path. */
  void admit(Token name) {
    if (state == State.DECIDING) {
      write(
          FrameType.ADMIT,
          Admit.newBuilder().setConnection(ByteString.copyFrom(name.bytes())).build());
      open(null);
    }
  }

  private void open(@Nullable Token admittedByPeer) {
    Greeting welcome = greeting;
    if (welcome == null) {
      throw new IllegalStateException("a path was admitted before it was greeted");
    }
    state = State.OPEN;
    pipe.admitted();
    LocalConnection opened = new LocalConnection(this, provenPeer(), context, welcome.limits());
    session = opened.loop();
    fate.onOpened(this, opened, admittedByPeer);
    opened.loop().begin();
  }

  private SessionLoop session() {
    SessionLoop open = session;
    if (open == null) {
      throw new IllegalStateException("an open path without a session");
    }
    return open;
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
      pipe.loop().schedule(pipe::close, LINGER_MILLIS, TimeUnit.MILLISECONDS);
    } else {
      pipe.close();
    }
  }

  /** Ends the path at once, without a word: the peer does not hear us. */
  void abort(Reason reason, String detail) {
    report(reason, detail);
    pipe.abort();
  }

  /**
   * The connection takes its leave: for everybody else it is over, although what was sent is still
   * on its way.
   */
  void closing(Reason reason, String detail) {
    if (!reported) {
      reported = true;
      fate.onEnded(this, reason, detail);
    }
  }

  /** Whoever waits for the end hears of it now, although the pipe may take a little longer. */
  private void report(Reason reason, String detail) {
    if (session != null) {
      session.onPathEnded(reason, detail);
    }
    closing(reason, detail);
  }

  /** The control loop wants a sign of life of the connection. */
  void probe() {
    if (state == State.OPEN) {
      session().probe();
    }
  }

  /** The connection has shown the sign of life that the control loop asked for. */
  void alive() {
    fate.onAlive(this);
  }

  /** The peer has closed the connection. */
  void closedByPeer(String reason, String detail) {
    report(Reasons.fromPeer(reason), detail);
    pipe.close();
  }

  @Override
  public void onBatchRead() {
    if (state == State.OPEN) {
      session().onBatchRead();
    }
  }

  @Override
  public void onWritable() {
    if (state == State.OPEN) {
      session().onWritable();
    }
  }

  /** What the peer has been told is a connection stays one. */
  @Override
  public void onCancelled() {
    if (state != State.OPEN) {
      leave(Reason.CANCELLED, "");
    }
  }

  @Override
  public void onClosed(Reason reason, String detail) {
    state = State.ENDED;
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
