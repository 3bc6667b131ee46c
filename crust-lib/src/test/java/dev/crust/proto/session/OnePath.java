package dev.crust.proto.session;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameType;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session with one path that is in use both ways, its opening words said and heard. */
final class OnePath<R> {
  final Session<R> session;
  final SessionPath<R> path;
  private Instant latest = Instant.EPOCH;

  OnePath(Limits ours, Limits theirs, Session.Listener<R> listener) {
    session = new Session<>(ours, theirs, Session.Role.DECIDER, listener, Instant.EPOCH);
    path = session.attach();
    session.use(path);
    path.write(ByteBuffer.allocate(1 << 16), latest);
    try {
      path.onFrame(FrameType.NEXT, Bodies.number(1), 0);
    } catch (MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  void send(Message message, R receipt) {
    session.send(message, receipt, null);
  }

  void ping(long number) {
    path.ping(number);
  }

  void onTaken(long charge) {
    session.onTaken(charge);
  }

  void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
    path.onFrame(type, body, missing);
  }

  void onRest(ByteBuffer bytes, int missing) throws MalformedMessageException {
    path.onRest(bytes, missing);
  }

  void onBatchRead(Instant now) {
    latest = now;
    path.onBatchRead(now);
  }

  @Nullable Instant deadline() {
    return session.deadline();
  }

  List<R> onTimeout(Instant now) {
    return session.onTimeout(now);
  }

  boolean hasOutput() {
    return path.hasOutput();
  }

  int outputSize() {
    return path.outputSize();
  }

  void write(ByteBuffer out) {
    path.write(out, latest);
  }

  List<R> abandon() {
    return session.abandon();
  }
}
