package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Message;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Two sessions over a pipe that cuts bytes anywhere, with users who take their time. */
class SessionSimulationTest {
  private static final int SEEDS = 300;
  private static final int MESSAGES = 40;
  private static final int MAX_STEPS = 100_000;

  @Test
  void every_message_arrives_once_and_in_order() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      try {
        new Simulation(seed).run();
      } catch (MalformedMessageException | RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static final class Simulation {
    private final Random random;
    private final Side left;
    private final Side right;
    private Instant now = Instant.EPOCH;

    Simulation(long seed) {
      random = new Random(seed);
      Limits leftLimits = limits();
      Limits rightLimits = limits();
      left = new Side(leftLimits, rightLimits);
      right = new Side(rightLimits, leftLimits);
    }

    /** Down to the narrowest window that is allowed. */
    private Limits limits() {
      int size = random.nextInt(1 << (1 + random.nextInt(16)));
      long spare = random.nextInt(3) * (long) random.nextInt(1 + size);
      return new Limits(size, size + Limits.MESSAGE_OVERHEAD + spare);
    }

    void run() throws MalformedMessageException {
      for (int step = 0; step < MAX_STEPS && !(left.done() && right.done()); step++) {
        Side side = random.nextBoolean() ? left : right;
        Side other = side == left ? right : left;
        switch (random.nextInt(5)) {
          case 0 -> side.send(random);
          case 1 -> side.write(random);
          case 2 -> side.readFrom(other, random, now);
          case 3 -> side.take(random);
          default -> {
            now = now.plusMillis(random.nextInt(4));
            side.session.onTimeout(now);
          }
        }
      }
      assertThat(left.done() && right.done()).as("done within %d steps", MAX_STEPS).isTrue();
      assertThat(right.received).isEqualTo(left.sent);
      assertThat(left.received).isEqualTo(right.sent);
    }
  }

  private static final class Side implements Session.Listener<Integer>, FrameReader.Frames {
    final Session<Integer> session;
    final Map<Integer, List<String>> sent = new TreeMap<>();
    final Map<Integer, List<String>> received = new TreeMap<>();
    private final FrameReader reader = new FrameReader(this);
    private final Limits ours;
    private final Limits theirs;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final ArrayDeque<Message> untaken = new ArrayDeque<>();
    private final boolean[] acknowledged = new boolean[MESSAGES];
    private byte[] onTheWay = {};
    private int begun;
    private int completed;
    private long held;

    Side(Limits ours, Limits theirs) {
      this.ours = ours;
      this.theirs = theirs;
      this.session = new Session<>(ours, theirs, this);
    }

    boolean done() {
      return begun == MESSAGES && completed == MESSAGES;
    }

    void send(Random random) {
      if (begun == MESSAGES) {
        return;
      }
      int most = random.nextInt(4) == 0 ? theirs.maxMessageSize() : 100;
      byte[] bytes = new byte[random.nextInt(1 + Math.min(most, theirs.maxMessageSize()))];
      random.nextBytes(bytes);
      Message message = Message.wrap(64 * random.nextInt(4), bytes);
      remember(message, sent);
      session.send(message, begun++);
    }

    void write(Random random) {
      if (session.hasOutput()) {
        int size = random.nextBoolean() ? session.outputSize() : 11 + random.nextInt(500);
        ByteBuffer out = ByteBuffer.allocate(size);
        session.write(out);
        assertThat(out.position()).as("bytes of promised output").isPositive();
        written.write(out.array(), 0, out.position());
      }
    }

    void readFrom(Side other, Random random, Instant now) throws MalformedMessageException {
      byte[] bytes = other.sending();
      int length = Math.min(bytes.length, random.nextInt(1 << random.nextInt(17)));
      int half = random.nextInt(1 + length);
      reader.read(ByteBuffer.wrap(bytes, 0, half));
      reader.read(ByteBuffer.wrap(bytes, half, length - half));
      other.onTheWay = Arrays.copyOfRange(bytes, length, bytes.length);
      session.onBatchRead(now);
    }

    private byte[] sending() {
      if (onTheWay.length == 0) {
        onTheWay = written.toByteArray();
        written.reset();
      }
      return onTheWay;
    }

    void take(Random random) {
      int count = random.nextInt(4);
      for (int i = 0; i < count && !untaken.isEmpty(); i++) {
        long charge = Limits.charge(untaken.remove());
        held -= charge;
        session.onTaken(charge);
      }
    }

    @Override
    public void onFrame(int type, ByteBuffer body, int missing) throws MalformedMessageException {
      if (type == FrameType.MESSAGE) {
        held += Limits.charge((int) Varint.read(body.duplicate().position(body.position() + 1)));
        assertThat(held).as("held").isLessThanOrEqualTo(ours.window());
      }
      session.onFrame(type, body, missing);
    }

    @Override
    public void onRest(ByteBuffer bytes, int missing) {
      session.onRest(bytes, missing);
    }

    @Override
    public void onMessage(Message message) {
      remember(message, received);
      untaken.add(message);
    }

    @Override
    public void onAcknowledged(List<Integer> receipts) {
      for (int receipt : receipts) {
        assertThat(acknowledged[receipt]).as("acknowledged twice: %d", receipt).isFalse();
        acknowledged[receipt] = true;
        completed++;
      }
    }

    @Override
    public void onPong(long number) {
      throw new AssertionError("a pong without a ping");
    }

    @Override
    public void onClose(String reason, String detail) {
      throw new AssertionError("closed: " + reason);
    }

    private static void remember(Message message, Map<Integer, List<String>> where) {
      where
          .computeIfAbsent(message.priority(), p -> new ArrayList<>())
          .add(message.length() + " bytes, hash " + Arrays.hashCode(message.bytes()));
    }
  }
}
