package dev.crust.driver;

import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Signalling;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The streams of signals with all peers, one each way at most. On the control loop. */
final class SignalDesk implements SignalStream.Ear {
  /** Who hears what peers say. On the control loop. */
  interface Ear {
    /** A peer has sent this itself. */
    void onSignal(LocalConnection from, byte[] signal) throws MalformedMessageException;

    /** A peer wants this carried. */
    void onAsk(LocalConnection from, byte[] body) throws MalformedMessageException;

    /** A peer has carried this. */
    void onCarried(LocalConnection by, byte[] body) throws MalformedMessageException;
  }

  private final Ear ear;
  private final Map<PeerId, SignalStream> ours = new HashMap<>();
  private final Map<PeerId, SignalStream> theirs = new HashMap<>();

  SignalDesk(Ear ear) {
    this.ear = ear;
  }

  /** Says something to a peer that has the service, by whichever stream there is. */
  void send(LocalConnection to, Signalling message) {
    SignalStream stream = find(ours, to);
    if (stream == null) {
      stream = find(theirs, to);
    }
    if (stream == null) {
      stream = SignalStream.open(to, this);
      ours.put(to.peer(), stream);
    }
    stream.send(message);
  }

  private static @Nullable SignalStream find(Map<PeerId, SignalStream> among, LocalConnection to) {
    SignalStream stream = among.get(to.peer());
    return stream != null && stream.connection() == to ? stream : null;
  }

  /** Nothing more is to be said to this peer for now. */
  void finish(LocalConnection to) {
    SignalStream stream = find(ours, to);
    if (stream != null) {
      stream.finish();
    }
  }

  /** Who takes what comes on a stream that a peer has opened. On any loop. */
  ServiceStream.User visitor(ServiceStream stream) {
    return SignalStream.accept(stream, this);
  }

  @Override
  public boolean onOpened(SignalStream stream) {
    SignalStream before = find(theirs, stream.connection());
    if (before == null) {
      theirs.put(stream.connection().peer(), stream);
    }
    return before == null;
  }

  @Override
  public void onMessage(SignalStream stream, Signalling message) throws MalformedMessageException {
    if (message instanceof Signalling.Direct direct) {
      ear.onSignal(stream.connection(), direct.signal());
    } else if (message instanceof Signalling.Ask ask) {
      ear.onAsk(stream.connection(), ask.body());
    } else if (message instanceof Signalling.Carry carry) {
      ear.onCarried(stream.connection(), carry.body());
    }
  }

  @Override
  public void onEnded(SignalStream stream) {
    PeerId peer = stream.connection().peer();
    ours.remove(peer, stream);
    theirs.remove(peer, stream);
  }
}
