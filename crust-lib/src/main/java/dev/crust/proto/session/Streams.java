package dev.crust.proto.session;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a session. Those that the endpoint with the smaller peer id opens have even ids,
 * the others odd ones, and each side opens its own in order. A stream is forgotten when both
 * directions have ended and the peer knows it.
 */
final class Streams<R> {
  /** The peer counts a stream out a little later than we do. */
  private static final int SLACK = 2;

  private static final class Both {
    final OutgoingStream out;
    final IncomingStream in;

    /** Whether our user has it: ours from the start, the peer's when the user has taken it. */
    boolean accepted;

    /** The code with which the peer wants no more, while our RESET waits; else -1. */
    long stopped = -1;

    boolean outDone;

    Both(OutgoingStream out, IncomingStream in, boolean accepted) {
      this.out = out;
      this.in = in;
      this.accepted = accepted;
    }
  }

  private final Limits ours;
  private final Limits theirs;
  private final Outbox<R> outbox;
  private final Session.Listener<R> listener;

  /** Most connections have none. */
  private Map<Long, Both> open = Map.of();

  /** How much the users of streams that are forgotten have not taken. */
  private Map<Long, Long> untaken = Map.of();

  /** Each that owes the peer room, once. */
  private Set<IncomingStream> owed = Set.of();

  private long nextOurs;
  private long nextTheirs;
  private int openedByUs;
  private int openedByPeer;
  private long received;
  private long taken;
  private long granted;

  Streams(
      Limits ours,
      Limits theirs,
      Session.Role role,
      Outbox<R> outbox,
      Session.Listener<R> listener) {
    this.ours = ours;
    this.theirs = theirs;
    this.outbox = outbox;
    this.listener = listener;
    this.nextOurs = role == Session.Role.DECIDER ? 0 : 1;
    this.nextTheirs = 1 - nextOurs;
    this.granted = ours.streamsWindow();
  }

  /** Opens a stream of ours; -1 if the peer allows no more. */
  long open(int priority, Instant now) {
    long id = begin(priority, Limits.LARGEST_STREAM_WINDOW, now);
    if (id >= 0) {
      outbox.add(new OutFrame.Open<>(id, priority));
    }
    return id;
  }

  /** Opens a stream of ours for a service of the peer's; -1 if the peer allows no more. */
  long openService(int priority, long service, Instant now) {
    long id = begin(priority, Limits.LARGEST_SERVICE_WINDOW, now);
    if (id >= 0) {
      outbox.add(new OutFrame.Service<>(id, priority, service));
    }
    return id;
  }

  private long begin(int priority, long largest, Instant now) {
    if (openedByUs >= theirs.maxStreams()) {
      return -1;
    }
    long id = nextOurs;
    nextOurs += 2;
    openedByUs++;
    put(id, priority, true, largest, now);
    return id;
  }

  private void put(long id, int priority, boolean accepted, long largest, Instant now) {
    open = open.isEmpty() ? new HashMap<>() : open;
    open.put(
        id,
        new Both(
            new OutgoingStream(id, priority, theirs.streamWindow()),
            new IncomingStream(
                id, ours.streamWindow(), Math.max(ours.streamWindow(), largest), now),
            accepted));
  }

  /** How many are open. */
  int size() {
    return open.size();
  }

  /** Sends bytes. Returns false, and keeps nothing, if the stream has ended for us. */
  boolean write(long id, ByteBuffer bytes) {
    Both both = open.get(id);
    if (both == null || both.out.ended()) {
      return false;
    }
    outbox.add(both.out, bytes);
    return true;
  }

  /** No more is to be sent. */
  void finish(long id) {
    Both both = open.get(id);
    if (both != null && !both.out.ended()) {
      both.out.finish();
      outbox.ready(both.out);
    }
  }

  /** Gives up what is not sent. Returns how much that was, in bytes. */
  long reset(long id, long code) {
    Both both = open.get(id);
    if (both == null || both.out.endSaid()) {
      return 0;
    }
    long dropped = outbox.reset(both.out);
    outbox.add(new OutFrame.Control<>(FrameType.RESET, id, code));
    return dropped;
  }

  /** Wants no more of it: neither what is to come nor what is there. */
  void stop(long id, long code, Instant now) {
    Both both = open.get(id);
    if (both == null) {
      taken += forgetUntaken(id);
    } else if (!both.in.unwanted()) {
      drop(both, now);
      if (!both.in.ended()) {
        outbox.add(new OutFrame.Control<>(FrameType.STOP, id, code));
      }
    }
  }

  private long forgetUntaken(long id) {
    Long rest = untaken.isEmpty() ? null : untaken.remove(id);
    return rest == null ? 0 : rest;
  }

  private void drop(Both both, Instant now) {
    both.in.stop();
    take(both, both.in.untaken(), Duration.ZERO, now);
  }

  /** The user has taken bytes of a stream. */
  void onTaken(long id, long bytes, Duration roundTrip, Instant now) {
    Both both = open.get(id);
    if (both == null) {
      // What was dropped meanwhile is not taken a second time.
      long rest = untaken.getOrDefault(id, 0L);
      long part = Math.min(rest, bytes);
      taken += part;
      if (part < rest) {
        untaken.put(id, rest - part);
      } else {
        forgetUntaken(id);
      }
    } else if (!both.in.unwanted()) {
      take(both, Math.min(bytes, both.in.untaken()), roundTrip, now);
    }
  }

  private void take(Both both, long bytes, Duration roundTrip, Instant now) {
    taken += bytes;
    if (both.in.onTaken(bytes, roundTrip, now)) {
      owed = owed.isEmpty() ? new LinkedHashSet<>() : owed;
      owed.add(both.in);
    }
    answerStop(both);
  }

  /** Our user has taken a stream of the peer's. */
  void accept(long id) {
    Both both = open.get(id);
    if (both != null) {
      both.accepted = true;
      answerStop(both);
    }
  }

  /**
   * Says RESET where the peer said STOP, when our user has the stream and all that came on it.
   * Until then it counts as open for the peer: else one that opens streams and drops them would
   * make us hold as many as it likes.
   */
  private void answerStop(Both both) {
    if (both.stopped >= 0 && both.accepted && both.in.untaken() == 0) {
      outbox.add(new OutFrame.Control<>(FrameType.RESET, both.in.id(), both.stopped));
      both.stopped = -1;
    }
  }

  void onOpen(long id, int priority, Instant now) throws MalformedMessageException {
    onBegun(id, priority, false, Limits.LARGEST_STREAM_WINDOW, now);
    listener.onStream(id, priority);
  }

  void onService(long id, int priority, long service, Instant now)
      throws MalformedMessageException {
    // No user is to take it.
    onBegun(id, priority, true, Limits.LARGEST_SERVICE_WINDOW, now);
    listener.onService(id, service);
  }

  private void onBegun(long id, int priority, boolean accepted, long largest, Instant now)
      throws MalformedMessageException {
    if (id != nextTheirs) {
      throw new MalformedMessageException(
          "stream %d was opened where %d is next".formatted(id, nextTheirs));
    }
    if (openedByPeer >= SLACK * ours.maxStreams()) {
      throw new MalformedMessageException(
          "more than %d streams were opened".formatted(ours.maxStreams()));
    }
    nextTheirs += 2;
    openedByPeer++;
    put(id, priority, accepted, largest, now);
  }

  /** So many bytes come on this stream. */
  void onData(long id, int length) throws MalformedMessageException {
    Both both = known(id);
    received += length;
    if (received > granted) {
      throw new MalformedMessageException(
          "%d bytes were sent on streams where %d were granted".formatted(received, granted));
    }
    both.in.onData(length);
  }

  /** Bytes that were announced by {@link #onData}. */
  void onBytes(long id, ByteBuffer bytes, Instant now) {
    Both both = open.get(id);
    if (both == null) {
      throw new IllegalStateException("stream " + id + " was forgotten in the middle of a frame");
    } else if (both.in.unwanted()) {
      // A frame that was half in when the stream was given up has been counted whole.
      take(both, Math.min(bytes.remaining(), both.in.untaken()), Duration.ZERO, now);
      bytes.position(bytes.limit());
    } else {
      listener.onStreamBytes(id, bytes);
    }
  }

  void onFin(long id) throws MalformedMessageException {
    Both both = known(id);
    both.in.onEnd();
    owesNoMore(both.in);
    if (!both.in.unwanted()) {
      listener.onStreamEnd(id);
    }
    forget(id, both);
  }

  /** What has come and was not taken is dropped. */
  void onReset(long id, long code, Instant now) throws MalformedMessageException {
    Both both = known(id);
    both.in.onEnd();
    owesNoMore(both.in);
    if (!both.in.unwanted()) {
      drop(both, now);
      listener.onStreamReset(id, code);
    }
    forget(id, both);
  }

  void onStop(long id, long code) throws MalformedMessageException {
    Both both = once(id);
    if (both == null) {
      return;
    }
    long dropped = 0;
    if (!both.out.endSaid()) {
      dropped = outbox.reset(both.out);
      both.stopped = code;
    }
    listener.onStreamStopped(id, code, dropped);
    answerStop(both);
  }

  void onWindow(long id, long limit) throws MalformedMessageException {
    Both both = once(id);
    if (both != null) {
      both.out.onWindow(limit);
      outbox.ready(both.out);
    }
  }

  /** The peer has our FIN or RESET. */
  void onEndAcknowledged(long id) {
    Both both = open.get(id);
    if (both != null) {
      both.outDone = true;
      forget(id, both);
    }
  }

  private void forget(long id, Both both) {
    if (both.outDone && both.in.ended()) {
      open.remove(id);
      open = open.isEmpty() ? Map.of() : open;
      if (both.in.untaken() > 0) {
        untaken = untaken.isEmpty() ? new HashMap<>() : untaken;
        untaken.put(id, both.in.untaken());
      }
      if ((id & 1) == (nextOurs & 1)) {
        openedByUs--;
      } else {
        openedByPeer--;
      }
      listener.onStreamForgotten(id);
    }
  }

  /** What concerns the peer's sending must be about a stream that the peer has not ended. */
  private Both known(long id) throws MalformedMessageException {
    Both both = open.get(id);
    if (both == null) {
      throw new MalformedMessageException(
          begun(id) ? "a frame for stream %d after its end".formatted(id) : never(id));
    }
    return both;
  }

  /** What concerns our sending may come late. */
  private @Nullable Both once(long id) throws MalformedMessageException {
    if (!begun(id)) {
      throw new MalformedMessageException(never(id));
    }
    return open.get(id);
  }

  private boolean begun(long id) {
    return id < ((id & 1) == (nextOurs & 1) ? nextOurs : nextTheirs);
  }

  private static String never(long id) {
    return "a frame for stream %d, which never began".formatted(id);
  }

  /** Whether so much room has come free in all that the peer should hear of it. */
  boolean owesWindow() {
    long free = taken + ours.streamsWindow() - granted;
    return free > 0 && free >= ours.streamsWindow() / 4;
  }

  /** The number for a STREAMS_WINDOW frame that is written now. */
  long grant() {
    granted = taken + ours.streamsWindow();
    return granted;
  }

  private void owesNoMore(IncomingStream stream) {
    if (!owed.isEmpty()) {
      owed.remove(stream);
    }
  }

  /** Whether single streams owe the peer room. */
  boolean owesStreamWindows() {
    return !owed.isEmpty();
  }

  /** Says how much room there is in the streams that have come free. */
  void grantStreams() {
    for (IncomingStream stream : owed) {
      outbox.add(new OutFrame.Control<>(FrameType.STREAM_WINDOW, stream.id(), stream.grant()));
    }
    owed = Set.of();
  }
}
