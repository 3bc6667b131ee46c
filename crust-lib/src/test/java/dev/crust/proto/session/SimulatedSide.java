package dev.crust.proto.session;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameReader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One side of a simulation: a session, its user, who takes its time, and its paths' ends. */
final class SimulatedSide implements Session.Listener<Integer> {
  static final int MESSAGES = 30;
  static final int STREAMS = 8;
  private static final long SERVICE = 1 << 20;

  /** A path as this side has it. */
  static final class End implements FrameReader.Frames {
    final SessionPath<Integer> path;
    final FrameReader reader = new FrameReader(this);
    final SimulatedWire in;
    final SimulatedWire out;

    End(SessionPath<Integer> path, SimulatedWire in, SimulatedWire out) {
      this.path = path;
      this.in = in;
      this.out = out;
    }

    @Override
    public void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
      path.onFrame(type, body, missing);
    }

    @Override
    public void onRest(ByteBuffer bytes, int missing) throws MalformedMessageException {
      path.onRest(bytes, missing);
    }
  }

  /** A stream as this side's user has it. */
  static final class UserStream {
    final long id;
    long written;
    boolean finished;
    long resetCode = -1;
    long stoppedByPeer = -1;
    long acknowledged;
    long received;
    long taken;
    boolean ended;
    long resetByPeer = -1;
    long stopCode = -1;
    boolean accepted;
    boolean forgotten;

    UserStream(long id, boolean ours) {
      this.id = id;
      this.accepted = ours;
    }

    boolean writable() {
      return !finished && resetCode < 0 && stoppedByPeer < 0;
    }
  }

  /** A message that was sent. */
  static final class Sent {
    final int receipt;
    final byte[] bytes;

    Sent(int receipt, byte[] bytes) {
      this.receipt = receipt;
      this.bytes = bytes;
    }
  }

  final Session<Integer> session;
  final List<End> ends = new ArrayList<>();
  final Map<Long, UserStream> streams = new TreeMap<>();
  final Map<Integer, List<Sent>> sent = new HashMap<>();
  final boolean[] acknowledged = new boolean[MESSAGES];
  final boolean[] expired = new boolean[MESSAGES];
  private final Map<Integer, Integer> arrived = new HashMap<>();
  private final ArrayDeque<Message> untaken = new ArrayDeque<>();
  private final Limits ours;
  private final Limits theirs;
  private final Duration roundTrip;
  private @Nullable SimulatedSide peer;
  private @Nullable End used;
  private long held;
  private int begun;
  private int opened;
  private long pings;
  private final Random random;

  SimulatedSide(Limits ours, Limits theirs, Session.Role role, Duration roundTrip, Random random) {
    this.ours = ours;
    this.theirs = theirs;
    this.roundTrip = roundTrip;
    this.random = random;
    this.session = new Session<>(ours, theirs, role, this, Instant.EPOCH);
  }

  void peer(SimulatedSide other) {
    peer = other;
  }

  private SimulatedSide other() {
    if (peer == null) {
      throw new IllegalStateException("alone");
    }
    return peer;
  }

  @SuppressWarnings("AnnotateFormatMethod")
  static void check(boolean holds, String what, Object... about) {
    if (!holds) {
      throw new AssertionError(what.formatted(about));
    }
  }

  void attach(SimulatedWire in, SimulatedWire out) {
    ends.add(new End(session.attach(), in, out));
    if (used == null) {
      use(ends.size() - 1);
    }
  }

  void use(int index) {
    used = ends.get(index);
    session.use(used.path);
  }

  void useAnother() {
    if (random.nextInt(8) == 0 || ends.isEmpty()) {
      used = null;
      session.useNone();
    } else {
      use(random.nextInt(ends.size()));
    }
  }

  boolean hasNoPath() {
    return used == null;
  }

  /** The path is over for this side, which takes another or none. */
  void close(End end) {
    ends.remove(end);
    end.out.cut(0);
    if (used == end) {
      useAnother();
    }
  }

  void closeAll() {
    while (!ends.isEmpty()) {
      close(ends.get(0));
    }
  }

  /** Whether the user has said all that it is going to say, and heard all. */
  boolean done() {
    for (int i = 0; i < MESSAGES; i++) {
      if (!acknowledged[i] && !expired[i]) {
        return false;
      }
    }
    return session.settled()
        && opened == STREAMS
        && streams.values().stream().allMatch(s -> s.forgotten);
  }

  void send(Instant now) {
    if (begun == MESSAGES) {
      return;
    }
    int most = Math.min(theirs.maxMessageSize(), random.nextInt(4) == 0 ? 1 << 20 : 100);
    byte[] bytes = new byte[random.nextInt(1 + most)];
    random.nextBytes(bytes);
    Message message = Message.wrap(64 * random.nextInt(4), bytes);
    sent.computeIfAbsent(message.priority(), p -> new ArrayList<>()).add(new Sent(begun, bytes));
    Instant expires = random.nextInt(5) == 0 ? now.plusMillis(random.nextInt(100)) : null;
    session.send(message, begun++, expires);
  }

  /** The user does something to a stream, or opens one. */
  void useStream(Instant now, boolean hurry) {
    if (opened < STREAMS && (random.nextInt(6) == 0 || hurry)) {
      int priority = 64 * random.nextInt(4);
      long id =
          random.nextInt(4) == 0
              ? session.openService(priority, SERVICE)
              : session.openStream(priority);
      if (id >= 0) {
        opened++;
        streams.put(id, new UserStream(id, true));
      }
    }
    List<UserStream> mine = streams.values().stream().filter(s -> !s.forgotten).toList();
    if (mine.isEmpty()) {
      return;
    }
    UserStream stream = mine.get(random.nextInt(mine.size()));
    if (!stream.accepted) {
      session.accept(stream.id);
      stream.accepted = true;
    }
    if (stream.writable()) {
      int what = hurry ? 0 : random.nextInt(40);
      if (what == 0) {
        session.finish(stream.id);
        stream.finished = true;
      } else if (what == 1) {
        stream.resetCode = random.nextInt(1000);
        session.reset(stream.id, stream.resetCode);
      } else {
        write(stream);
      }
    } else if (stream.finished && stream.resetCode < 0 && random.nextInt(100) == 0) {
      stream.resetCode = random.nextInt(1000);
      session.reset(stream.id, stream.resetCode);
    }
    if (stream.stopCode < 0 && random.nextInt(150) == 0) {
      stream.stopCode = random.nextInt(1000);
      session.stop(stream.id, stream.stopCode);
      stream.taken = stream.received;
    }
    takeStream(now);
  }

  private void write(UserStream stream) {
    byte[] bytes = new byte[1 + random.nextInt(1 << random.nextInt(12))];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = content(stream.id, this == smaller(), stream.written + i);
    }
    check(session.write(stream.id, ByteBuffer.wrap(bytes)), "stream %d refuses", stream.id);
    stream.written += bytes.length;
  }

  private SimulatedSide smaller() {
    return System.identityHashCode(this) < System.identityHashCode(other()) ? this : other();
  }

  private static byte content(long stream, boolean direction, long at) {
    long mixed = (stream * 31 + at) * 0x9e3779b97f4a7c15L + (direction ? 1L << 57 : 0);
    return (byte) (mixed >>> 56);
  }

  void takeStream(Instant now) {
    for (UserStream stream : streams.values()) {
      long there = stream.received - stream.taken;
      if (there > 0 && random.nextInt(4) == 0) {
        long part = 1 + random.nextLong(there);
        stream.taken += part;
        session.onStreamTaken(stream.id, part, roundTrip, now);
      }
    }
  }

  void take() {
    for (int count = random.nextInt(4); count > 0 && !untaken.isEmpty(); count--) {
      long charge = Limits.charge(untaken.remove());
      held -= charge;
      session.onTaken(charge);
    }
  }

  void ping() {
    if (!ends.isEmpty() && pings < 20) {
      SessionPath<Integer> path = ends.get(random.nextInt(ends.size())).path;
      if (random.nextBoolean()) {
        path.ping(pings++);
      } else {
        path.longPing(pings++);
      }
    }
  }

  /** Writes on a path, as the loop does or into less room. */
  void write(Instant now) {
    if (ends.isEmpty()) {
      return;
    }
    End end = used != null && random.nextInt(4) > 0 ? used : ends.get(random.nextInt(ends.size()));
    if (end.path.hasOutput()) {
      int size = end.path.outputSize();
      ByteBuffer out = ByteBuffer.allocate(size);
      end.path.write(out, now);
      check(out.position() > 0, "promised output does not come");
      end.out.write(Arrays.copyOf(out.array(), out.position()), now.plusMillis(random.nextInt(30)));
    }
  }

  void read(Instant now) throws MalformedMessageException {
    if (ends.isEmpty()) {
      return;
    }
    End end = ends.get(random.nextInt(ends.size()));
    byte[] bytes = end.in.read(1 + random.nextInt(1 << random.nextInt(16)), now);
    if (bytes != null) {
      end.reader.read(ByteBuffer.wrap(bytes));
      end.path.onBatchRead(now);
    } else if (end.in.atEnd()) {
      close(end);
    }
    checkBounds();
  }

  void onTimeout(Instant now) {
    for (int receipt : session.onTimeout(now)) {
      check(!acknowledged[receipt] && !expired[receipt], "message %d expired late", receipt);
      expired[receipt] = true;
    }
  }

  private void checkBounds() {
    check(held <= ours.window(), "%d bytes of messages held", held);
    long sum = 0;
    for (UserStream stream : streams.values()) {
      long there = stream.received - stream.taken;
      long most = roundTrip.isZero() ? ours.streamWindow() : Limits.LARGEST_STREAM_WINDOW;
      check(there <= most, "%d bytes of stream %d held", there, stream.id);
      sum += there;
    }
    check(sum <= ours.streamsWindow(), "%d bytes of streams held", sum);
  }

  @Override
  public void onMessage(Message message) {
    int priority = message.priority();
    List<Sent> all = other().sent.getOrDefault(priority, List.of());
    int next = arrived.getOrDefault(priority, 0);
    while (next < all.size() && other().expired[all.get(next).receipt]) {
      next++;
    }
    check(next < all.size(), "a message more than was sent at priority %d", priority);
    check(Arrays.equals(all.get(next).bytes, message.bytes()), "another message than was sent");
    arrived.put(priority, next + 1);
    untaken.add(message);
    held += Limits.charge(message);
  }

  /** Whether nothing that the other side sent is missing. */
  void checkComplete() {
    other()
        .sent
        .forEach(
            (priority, all) -> {
              int next = arrived.getOrDefault(priority, 0);
              for (Sent rest : all.subList(next, all.size())) {
                check(other().expired[rest.receipt], "message %d never came", rest.receipt);
              }
            });
    check(streams.keySet().equals(other().streams.keySet()), "streams");
    streams.forEach((id, stream) -> checkAgreement(stream, other().known(id)));
    check(session.settled(), "something is outstanding");
  }

  private static void checkAgreement(UserStream in, UserStream out) {
    check(in.ended || in.resetByPeer >= 0 || in.stopCode >= 0, "stream %d has no end", in.id);
    if (in.ended) {
      check(out.finished, "stream %d ended", in.id);
      check(in.received == out.written || in.stopCode >= 0, "stream %d is short", in.id);
    } else if (in.resetByPeer >= 0) {
      boolean ofTheirs = out.resetCode == in.resetByPeer;
      check(ofTheirs || out.stoppedByPeer == in.resetByPeer, "stream %d: another code", in.id);
    }
  }

  @Override
  public void onAcknowledged(List<Integer> receipts) {
    for (int receipt : receipts) {
      check(!acknowledged[receipt], "acknowledged twice: %d", receipt);
      check(!expired[receipt], "acknowledged after it expired: %d", receipt);
      acknowledged[receipt] = true;
    }
  }

  @Override
  public void onPong(SessionPath<Integer> path, long number) {
    check(number >= 0 && number < pings, "a pong without a ping");
  }

  @Override
  public void onClose(SessionPath<Integer> path, String reason, String detail) {
    throw new AssertionError("closed: " + reason);
  }

  @Override
  public void onPeerUses(SessionPath<Integer> path) {}

  @Override
  public void onStream(long id, int priority) {
    check(streams.put(id, new UserStream(id, false)) == null, "stream %d opened twice", id);
  }

  @Override
  public void onService(long id, long service) {
    check(service == SERVICE, "stream %d is for service %d", id, service);
    onStream(id, 0);
  }

  private UserStream known(long id) {
    UserStream stream = streams.get(id);
    if (stream == null) {
      throw new AssertionError("no stream " + id);
    }
    return stream;
  }

  private UserStream stream(long id) {
    UserStream stream = known(id);
    check(!stream.forgotten, "news of stream %d, which was forgotten", id);
    return stream;
  }

  @Override
  public void onStreamBytes(long id, ByteBuffer bytes) {
    UserStream stream = stream(id);
    check(!stream.ended && stream.resetByPeer < 0 && stream.stopCode < 0, "bytes of %d", id);
    while (bytes.hasRemaining()) {
      byte expected = content(id, other() == smaller(), stream.received++);
      check(bytes.get() == expected, "stream %d, byte %d", id, stream.received - 1);
    }
    check(stream.received <= other().known(id).written, "more than was written");
  }

  @Override
  public void onStreamEnd(long id) {
    UserStream stream = stream(id);
    check(!stream.ended && stream.resetByPeer < 0, "stream %d ended twice", id);
    stream.ended = true;
  }

  @Override
  public void onStreamReset(long id, long code) {
    UserStream stream = stream(id);
    check(!stream.ended && stream.resetByPeer < 0, "stream %d ended twice", id);
    stream.resetByPeer = code;
    // Whoever is told so drops what is there.
    stream.taken = stream.received;
  }

  @Override
  public void onStreamStopped(long id, long code, long dropped) {
    UserStream stream = stream(id);
    check(stream.acknowledged + dropped <= stream.written, "more dropped than written");
    stream.stoppedByPeer = code;
  }

  @Override
  public void onStreamAcknowledged(long id, int bytes) {
    UserStream stream = stream(id);
    stream.acknowledged += bytes;
    check(stream.acknowledged <= stream.written, "more acknowledged than written");
  }

  @Override
  public void onStreamForgotten(long id) {
    stream(id).forgotten = true;
  }
}
