package dev.crust.proto.session;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A peer that does to a session what a program of bytes says: mostly what it may, so that it gets
 * somewhere, and now and then what it may not. Its frames go by two paths, and arrive in pieces of
 * any size; the session's user does things in between. After every step the session holds no more
 * than its limits allow.
 */
final class WickedPeer implements Session.Listener<Integer> {
  private static final Limits LIMITS = new Limits(1_000, 5_000, 3_000, 10_000, 4);

  /** The peer may be behind in counting those that are over. */
  private static final int MOST_STREAMS = 2 * 4;

  private static final int FRAME_KINDS = 10;

  /** Of so many things that could be a lie one is. */
  private static final int LIES = 200;

  /** What is on its way by one path. */
  private static final class Way {
    final SessionPath<Integer> path;
    final FrameReader reader;
    private final ByteArrayOutputStream queue = new ByteArrayOutputStream();

    Way(SessionPath<Integer> path) {
      this.path = path;
      this.reader =
          new FrameReader(
              new FrameReader.Frames() {
                @Override
                public void onFrame(int type, ByteBuffer body, int missing)
                    throws MalformedMessageException {
                  path.onFrame(type, body, missing);
                }

                @Override
                public void onRest(ByteBuffer bytes, int missing) throws MalformedMessageException {
                  path.onRest(bytes, missing);
                }
              });
    }

    void put(byte[] frame) {
      queue.writeBytes(frame);
    }

    void deliver(int most, Instant now) throws MalformedMessageException {
      byte[] all = queue.toByteArray();
      int count = Math.min(most, all.length);
      queue.reset();
      queue.write(all, count, all.length - count);
      reader.read(ByteBuffer.wrap(all, 0, count));
      path.onBatchRead(now);
    }
  }

  /** A stream as the session's user has it. */
  private static final class Held {
    long bytes;
    boolean theirs;
    boolean over;
  }

  private final byte[] program;
  private final Session<Integer> session;
  private final List<Way> ways = new ArrayList<>();
  private final List<byte[]> log = new ArrayList<>();
  private final Map<Long, Held> streams = new TreeMap<>();
  private final ByteBuffer out = ByteBuffer.allocate(1 << 17);

  /** The streams on which the peer may send. */
  private final List<Long> unended = new ArrayList<>();

  /** How many OPEN frames have not arrived. */
  private int unread;

  private int at;
  private int used;
  private long nextTheirs = 1;
  private long numberedByUs;
  private long charged;
  private Instant now = Instant.EPOCH;

  WickedPeer(byte[] program) throws MalformedMessageException {
    this.program = program;
    this.session = new Session<>(LIMITS, LIMITS, Session.Role.DECIDER, this, now);
    ways.add(new Way(session.attach()));
    ways.add(new Way(session.attach()));
    session.use(ways.get(0).path);
    ways.get(0).put(frame(FrameType.NEXT, 0, 1));
  }

  /**
   * Runs to the end of the program, or to where it is caught.
   *
   * @return how many numbered frames were accepted
   */
  long run() {
    try {
      while (at < program.length) {
        step();
        check();
      }
    } catch (MalformedMessageException e) {
      // as it should be
    }
    return session.accepted();
  }

  private int next() {
    return at < program.length ? program[at++] & 0xff : 0;
  }

  private long lie(long truth) {
    return lies() ? Math.max(0, truth + next() - 100) : truth;
  }

  private void step() throws MalformedMessageException {
    int what = next();
    Way way = ways.get(what >> 7);
    switch (what % 8) {
      case 0, 1 -> send(next() % FRAME_KINDS);
      case 2, 3, 4 -> way.deliver(1 + next() * (1 + next() % 32), now);
      case 5 -> act(next() % 8);
      case 6 -> write(way);
      default -> move(next() % 8);
    }
  }

  private boolean lies() {
    return next() % LIES == LIES - 1;
  }

  /** A frame of the peer's. */
  private void send(int kind) {
    long id = streamId();
    switch (kind) {
      case 0 -> open();
      case 1, 2 -> number(frame(FrameType.DATA, 1 + next() % 64 * (lies() ? 64 : 1), id));
      case 3 -> end(id, frame(FrameType.FIN, 0, id));
      case 4 -> end(id, frame(FrameType.RESET, 0, id, next()));
      case 5 -> number(frame(FrameType.STOP, 0, id, next()));
      case 6 -> number(frame(FrameType.STREAM_WINDOW, 0, id, 100L * next()));
      case 7 -> message();
      case 8 -> ways.get(used).put(frame(FrameType.ACK, 0, lie(numberedByUs)));
      default -> {
        int type = FrameType.WINDOW + next() % 2;
        ways.get(used).put(frame(type, 0, 100L * next()));
      }
    }
  }

  private void open() {
    long known = streams.values().stream().filter(each -> each.theirs && !each.over).count();
    if (known + unread < MOST_STREAMS || lies()) {
      number(frame(FrameType.OPEN, 1, lie(nextTheirs)));
      unended.add(nextTheirs);
      nextTheirs += 2;
      unread++;
    }
  }

  private void end(long id, byte[] frame) {
    number(frame);
    unended.remove(id);
  }

  /** One on which the peer may send, if there is any; it begins one if not. */
  private long streamId() {
    if (unended.isEmpty()) {
      open();
    }
    return lie(unended.isEmpty() ? 0 : unended.get(next() % unended.size()));
  }

  private void message() {
    int size = next() % 64 * (lies() ? 16 : 1);
    long said = lie(size);
    byte[] body = new byte[1 + Varint.length(said) + size];
    ByteBuffer start = ByteBuffer.wrap(body).put((byte) (next() % 3));
    Varint.write(start, said);
    number(prefix(FrameType.MESSAGE, body));
  }

  private void number(byte[] frame) {
    log.add(frame);
    ways.get(used).put(frame);
  }

  private static byte[] frame(int type, int zeros, long... numbers) {
    ByteBuffer body = ByteBuffer.allocate(numbers.length * Varint.MAX_LENGTH + zeros);
    for (long number : numbers) {
      Varint.write(body, number);
    }
    byte[] bytes = new byte[body.position() + zeros];
    body.get(0, bytes);
    return prefix(type, bytes);
  }

  private static byte[] prefix(int type, byte[] body) {
    int length = 1 + body.length;
    ByteBuffer frame = ByteBuffer.allocate(Varint.length(length) + length);
    Varint.write(frame, length);
    return frame.put((byte) type).put(body).array();
  }

  /** The session's user does something. */
  private void act(int what) {
    long id = streams.isEmpty() ? 0 : 2L * (next() % 4) + next() % 2;
    switch (what) {
      case 0 -> {
        long opened = session.openStream(next());
        if (opened >= 0) {
          streams.put(opened, new Held());
        }
      }
      case 1 -> session.write(id, ByteBuffer.allocate(1 + 16 * next()));
      case 2 -> session.finish(id);
      case 3 -> session.reset(id, 1);
      case 4 -> {
        session.stop(id, 1);
        held(id).bytes = 0;
      }
      case 5 -> {
        long part = Math.min(held(id).bytes, 16L * next());
        held(id).bytes -= part;
        session.onStreamTaken(id, part, Duration.ofMillis(40), now);
      }
      case 6 -> {
        session.onTaken(charged);
        charged = 0;
      }
      default -> session.accept(id);
    }
  }

  private Held held(long id) {
    return streams.getOrDefault(id, new Held());
  }

  private void write(Way way) throws MalformedMessageException {
    way.path.write(out.clear().limit(way.path.outputSize()), now);
    new FrameReader(
            new FrameReader.Frames() {
              @Override
              public void onFrame(int type, ByteBuffer body, int missing)
                  throws MalformedMessageException {
                if (type == FrameType.NEXT) {
                  numberedByUs = Varint.read(body) - 1;
                } else if (FrameType.numbered(type)) {
                  numberedByUs++;
                }
              }

              @Override
              public void onRest(ByteBuffer bytes, int missing) {
                throw new AssertionError("half a frame was written");
              }
            })
        .read(out.flip());
  }

  /** Paths change, on either side; time passes; and a message of ours waits. */
  private void move(int what) {
    switch (what) {
      case 0 -> session.useNone();
      case 1 -> session.use(ways.get(next() % 2).path);
      case 2, 3 -> repeat();
      case 4 -> ways.get(used).put(frame(FrameType.PING, 8 + next()));
      case 5 -> session.send(Message.wrap(next(), new byte[4 * next()]), 1, now.plusMillis(next()));
      case 6 -> {
        if (lies()) {
          ways.get(used).put(new byte[] {(byte) next(), (byte) next(), (byte) next()});
        }
      }
      default -> {
        now = now.plusMillis(next());
        session.onTimeout(now);
      }
    }
  }

  /** The peer sends by its other path, beginning somewhere before what is wanted. */
  private void repeat() {
    used = 1 - used;
    long first = Math.max(1, lie(session.accepted() + 1 - next() % 4));
    ways.get(used).put(frame(FrameType.NEXT, 0, first));
    log.stream().skip(first - 1).forEach(ways.get(used)::put);
  }

  private void check() {
    require(charged <= LIMITS.window(), "messages");
    long sum = 0;
    int open = 0;
    for (Held stream : streams.values()) {
      sum += stream.bytes;
      open += stream.theirs && !stream.over ? 1 : 0;
    }
    require(sum <= LIMITS.streamsWindow(), "bytes of streams");
    require(open <= MOST_STREAMS, "streams");
    for (Way way : ways) {
      // Of what is written at once; the pongs are bounded by their number.
      require(way.path.outputSize() <= out.capacity(), "output");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("more " + what + " than the limits allow");
    }
  }

  @Override
  public void onMessage(Message message) {
    charged += Limits.charge(message);
  }

  @Override
  public void onStream(long id, int priority) {
    Held stream = new Held();
    stream.theirs = true;
    unread--;
    require(streams.put(id, stream) == null, "than one stream of one number");
  }

  @Override
  public void onService(long id, long service) {
    onStream(id, 0);
  }

  @Override
  public void onStreamBytes(long id, ByteBuffer bytes) {
    held(id).bytes += bytes.remaining();
    bytes.position(bytes.limit());
  }

  @Override
  public void onStreamReset(long id, long code) {
    held(id).bytes = 0;
  }

  @Override
  public void onStreamForgotten(long id) {
    held(id).over = true;
  }

  @Override
  public void onAcknowledged(List<Integer> receipts) {}

  @Override
  public void onPong(SessionPath<Integer> path, long number) {}

  @Override
  public void onClose(SessionPath<Integer> path, String reason, String detail) {}

  @Override
  public void onPeerUses(SessionPath<Integer> path) {}

  @Override
  public void onStreamEnd(long id) {}

  @Override
  public void onStreamStopped(long id, long code, long dropped) {}

  @Override
  public void onStreamAcknowledged(long id, int bytes) {}
}
