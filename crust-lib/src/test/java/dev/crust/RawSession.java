package dev.crust;

import com.google.protobuf.ByteString;
import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.RawPeer.Frame;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import dev.crust.proto.session.Limits;
import dev.crust.proto.session.SessionPath;
import dev.crust.proto.wire.Admit;
import dev.crust.proto.wire.Close;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A peer whose frames are written by hand, on one path: it greets, decides and then does as the
 * test says. It answers nothing by itself.
 */
final class RawSession implements AutoCloseable {
  static final Limits LIMITS = Limits.forMessages(1 << 20);

  /** More frames than any test waits for. */
  private static final int MAX_FRAMES = 100_000;

  /** Who the peer is, on all of its paths. */
  record Self(Identity identity, Token incarnation) {
    /** Somebody who decides when it meets this endpoint. */
    static Self decider(Watched other) {
      Identity identity = Identity.ephemeral();
      while (identity.peerId().compareTo(other.id()) > 0) {
        identity = Identity.ephemeral();
      }
      return new Self(identity, token());
    }
  }

  private final RawPeer peer;

  /** How many numbered frames have come on this path. */
  private long numbered;

  private @Nullable Close close;

  private RawSession(RawPeer peer) {
    this.peer = peer;
  }

  static Token token() {
    return Token.random(new Random());
  }

  /** Has greeted, and was greeted. */
  static RawSession greet(Watched other, Self self, Optional<Token> held, boolean resumes)
      throws Exception {
    return greet(other, other.address().candidates().get(0), self, held, resumes);
  }

  /** The same by one of its ways to the other. */
  static RawSession greet(
      Watched other, Candidate way, Self self, Optional<Token> held, boolean resumes)
      throws Exception {
    RawSession session = new RawSession(RawPeer.honest(way, other.id(), self.identity));
    Greeting greeting =
        new Greeting(
            self.incarnation,
            held,
            resumes,
            LIMITS,
            List.of(),
            Optional.empty(),
            false,
            false,
            false);
    session.peer.frame(
        FrameType.HELLO,
        greeting
            .toHello(new Greeting.NetworkKey("public"), self.identity.peerId(), other.id())
            .toByteArray());
    session.await(FrameType.HELLO);
    return session;
  }

  /** Has a new connection of this name, and sends from its first frame on. */
  static RawSession open(Watched other, Self self, Token name) throws Exception {
    return open(other, other.address().candidates().get(0), self, name);
  }

  /** The same by one of its ways to the other. */
  static RawSession open(Watched other, Candidate way, Self self, Token name) throws Exception {
    RawSession session = greet(other, way, self, Optional.empty(), false);
    session.admit(name);
    session.numbers(FrameType.NEXT, 1);
    session.ping();
    return session;
  }

  /** Admits the path to this connection. */
  void admit(Token name) throws IOException {
    peer.frame(
        FrameType.ADMIT,
        Admit.newBuilder().setConnection(ByteString.copyFrom(name.bytes())).build().toByteArray());
  }

  /** Writes whatever bytes. */
  void write(byte... bytes) throws IOException {
    peer.write(bytes);
  }

  void frame(int type, byte... body) throws IOException {
    peer.frame(type, body);
  }

  /** Writes a frame of varints. */
  void numbers(int type, long... values) throws IOException {
    peer.frame(type, varints(0, values));
  }

  /** Writes a frame of varints, and so many zeros after them. */
  void padded(int type, int zeros, long... values) throws IOException {
    peer.frame(type, varints(zeros, values));
  }

  /** Varints, one after the other. */
  static byte[] varints(long... values) {
    return varints(0, values);
  }

  private static byte[] varints(int zeros, long... values) {
    ByteBuffer body = ByteBuffer.allocate(values.length * Varint.MAX_LENGTH + zeros);
    for (long value : values) {
      Varint.write(body, value);
    }
    byte[] bytes = new byte[body.position() + zeros];
    body.get(0, bytes);
    return bytes;
  }

  /** Puts a frame into a buffer, of which many are to be written at once. */
  static void put(ByteBuffer out, int type, byte... body) {
    Varint.write(out, body.length + 1);
    out.put((byte) type).put(body);
  }

  /** Pings, and waits for the answer: all that was written is read, and all answers are there. */
  void ping() throws IOException {
    if (askedAndAnswered() == null) {
      throw new AssertionError("it has hung up" + words());
    }
  }

  /** The same; null if the other side hangs up. */
  @Nullable Frame askedAndAnswered() throws IOException {
    try {
      peer.frame(FrameType.PING, new byte[Long.BYTES]);
    } catch (IOException hungUp) {
      // What it said before that is still to be read.
      return find(FrameType.PONG);
    }
    return find(FrameType.PONG);
  }

  /** The next frame of this type. */
  Frame await(int type) throws IOException {
    Frame frame = find(type);
    if (frame == null) {
      throw new AssertionError("it has hung up" + words());
    }
    return frame;
  }

  /** Waits until the other side has ended one of its streams, whichever way. */
  void awaitEndOfStream() throws IOException {
    for (int i = 0; i < MAX_FRAMES; i++) {
      Frame frame = next();
      if (frame == null) {
        throw new AssertionError("it has hung up" + words());
      }
      if (frame.type() == FrameType.RESET || frame.type() == FrameType.FIN) {
        return;
      }
    }
    throw new AssertionError("no stream ended");
  }

  private String words() {
    return close == null ? "" : ": " + close.getReason() + ", " + close.getDetail();
  }

  private @Nullable Frame find(int type) throws IOException {
    for (int i = 0; i < MAX_FRAMES; i++) {
      Frame frame = next();
      if (frame == null || frame.type() == type) {
        return frame;
      }
    }
    throw new AssertionError("nothing but other frames came");
  }

  private @Nullable Frame next() throws IOException {
    Frame frame = peer.next();
    if (frame != null && FrameType.numbered(frame.type())) {
      numbered++;
    }
    if (frame != null && frame.type() == FrameType.CLOSE) {
      try {
        close = SessionPath.parseClose(frame.body().duplicate());
      } catch (dev.crust.proto.MalformedMessageException e) {
        throw new AssertionError(e);
      }
    }
    return frame;
  }

  /** Will write no more, as a peer that has closed; what comes can still be read. */
  void finish() throws IOException {
    peer.finish();
  }

  /** Waits until the other side has hung up. */
  void awaitEnd() throws IOException {
    for (int i = 0; i < MAX_FRAMES; i++) {
      if (next() == null) {
        return;
      }
    }
    throw new AssertionError("it has not hung up");
  }

  /** Acknowledges all numbered frames that came on this path. */
  void acknowledge() throws IOException {
    numbers(FrameType.ACK, numbered);
  }

  long numbered() {
    return numbered;
  }

  /** With what words the other side has hung up; waits for that. */
  Close awaitClose() throws IOException {
    await(FrameType.CLOSE);
    Close said = close;
    if (said == null) {
      throw new AssertionError("a Close that was not noted");
    }
    return said;
  }

  @Override
  public void close() throws IOException {
    peer.close();
  }
}
