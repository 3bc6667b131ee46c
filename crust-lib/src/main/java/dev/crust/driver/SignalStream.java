package dev.crust.driver;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Signalling;
import dev.crust.proto.punch.SignallingReader;
import java.nio.ByteBuffer;

/**
 * A stream of signals with a peer that is connected, whichever side opened it. On the control loop.
 */
final class SignalStream implements ServiceStream.User {
  static final int SERVICE = Signalling.SERVICE;

  /** Why a stream of signals is refused or given up; the numbers are those of the wire. */
  enum Refusal {
    /** What came is not well-formed. */
    MALFORMED(1),
    /** There is a stream already. */
    TOO_MANY(2),
    /** It is no use any more. */
    OVER(3);

    private final long code;

    Refusal(long code) {
      this.code = code;
    }
  }

  /** Who hears what comes. On the control loop. */
  interface Ear {
    /** A peer has opened it. Returns whether it may go on. */
    boolean onOpened(SignalStream stream);

    /** A message has come. */
    void onMessage(SignalStream stream, Signalling message) throws MalformedMessageException;

    /** It is over. */
    void onEnded(SignalStream stream);
  }

  private final ServiceStream stream;
  private final Ear ear;
  private final SignallingReader reader = new SignallingReader();
  private boolean known;
  private boolean over;

  private SignalStream(ServiceStream stream, Ear ear, boolean known) {
    this.stream = stream;
    this.ear = ear;
    this.known = known;
  }

  /** Opens one to a peer that has the service. */
  static SignalStream open(LocalConnection to, Ear ear) {
    ServiceStream opened = to.openService(SERVICE);
    SignalStream signals = new SignalStream(opened, ear, true);
    opened.use(signals);
    return signals;
  }

  /** That which a peer has opened. On any loop. */
  static SignalStream accept(ServiceStream stream, Ear ear) {
    return new SignalStream(stream, ear, false);
  }

  LocalConnection connection() {
    return stream.connection();
  }

  /** Sends a message, unless the peer takes none: then it would come too late anyway. */
  void send(Signalling message) {
    ByteBuffer bytes = message.encode();
    if (!over && stream.room() >= bytes.remaining()) {
      stream.write(bytes);
    }
  }

  /** Nothing more is to be said. */
  void finish() {
    if (!over) {
      over = true;
      stream.finish();
      ear.onEnded(this);
    }
  }

  @Override
  public void onBytes(ByteBuffer bytes) {
    stream.taken(bytes.remaining());
    if (over || !enter()) {
      return;
    }
    try {
      for (Signalling message : reader.read(bytes)) {
        ear.onMessage(this, message);
      }
    } catch (MalformedMessageException e) {
      refuse(Refusal.MALFORMED);
    }
  }

  private boolean enter() {
    if (!known) {
      known = true;
      if (!ear.onOpened(this)) {
        refuse(Refusal.TOO_MANY);
      }
    }
    return !over;
  }

  private void refuse(Refusal why) {
    if (!over) {
      over = true;
      stream.reset(why.code);
      stream.stop(why.code);
      ear.onEnded(this);
    }
  }

  @Override
  public void onEnd() {
    finish();
  }

  @Override
  public void onReset(long code) {
    refuse(Refusal.OVER);
  }

  @Override
  public void onStopped() {
    refuse(Refusal.OVER);
  }

  @Override
  public void onRoom() {}

  @Override
  public void onLost() {
    if (!over) {
      over = true;
      ear.onEnded(this);
    }
  }
}
