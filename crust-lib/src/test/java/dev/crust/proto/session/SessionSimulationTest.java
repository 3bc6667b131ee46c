package dev.crust.proto.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.MalformedMessageException;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Two sessions over paths that come and go, delay, lose what is on the way, break in the middle of
 * a frame, and overtake each other; with users who take their time. What must hold is checked at
 * every step.
 */
class SessionSimulationTest {
  private static final int SEEDS = 1000;
  private static final int CHAOS = 1500;
  private static final int MAX_STEPS = 200_000;
  private static final int MAX_PATHS = 4;

  @Test
  void whatever_becomes_of_the_paths_all_arrives_once_and_in_order() {
    for (int seed = 0; seed < SEEDS; seed++) {
      run(seed);
    }
  }

  private static void run(int seed) {
    try {
      new Simulation(seed).run();
    } catch (MalformedMessageException | RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private static final class Simulation {
    private final Random random;
    private final SimulatedSide left;
    private final SimulatedSide right;
    private Instant now = Instant.EPOCH;

    Simulation(long seed) {
      random = new Random(seed);
      Limits leftLimits = limits();
      Limits rightLimits = limits();
      Duration roundTrip = random.nextInt(4) == 0 ? Duration.ofMillis(40) : Duration.ZERO;
      left = new SimulatedSide(leftLimits, rightLimits, Session.Role.DECIDER, roundTrip, random);
      right = new SimulatedSide(rightLimits, leftLimits, Session.Role.FOLLOWER, roundTrip, random);
      left.peer(right);
      right.peer(left);
    }

    /** Down to the narrowest windows that are allowed. */
    private Limits limits() {
      int size = random.nextInt(1 << (1 + random.nextInt(16)));
      long spare = random.nextInt(3) * (long) random.nextInt(1 + size);
      long stream = 1L + random.nextInt(1 << (1 + random.nextInt(16)));
      long all = 1L + random.nextInt(1 << (1 + random.nextInt(18)));
      return new Limits(
          size, size + Limits.MESSAGE_OVERHEAD + spare, stream, all, 1 + random.nextInt(8));
    }

    void run() throws MalformedMessageException {
      for (int step = 0; step < CHAOS; step++) {
        disturb();
        step(random.nextBoolean() ? left : right, false);
      }
      left.closeAll();
      right.closeAll();
      connect();
      for (int step = 0; step < MAX_STEPS && !(left.done() && right.done()); step++) {
        if (left.hasNoPath()) {
          left.use(0);
        }
        if (right.hasNoPath()) {
          right.use(0);
        }
        step(random.nextBoolean() ? left : right, true);
      }
      assertThat(left.done() && right.done()).as("done within %d steps", MAX_STEPS).isTrue();
      left.checkComplete();
      right.checkComplete();
    }

    private void step(SimulatedSide side, boolean hurry) throws MalformedMessageException {
      switch (random.nextInt(8)) {
        case 0 -> side.send(now);
        case 1 -> side.useStream(now, hurry);
        case 2, 3 -> side.write(now);
        case 4, 5 -> side.read(now);
        case 6 -> {
          side.take();
          side.takeStream(now);
        }
        default -> {
          now = now.plusMillis(random.nextInt(8));
          left.onTimeout(now);
          right.onTimeout(now);
        }
      }
    }

    private void disturb() {
      SimulatedSide side = random.nextBoolean() ? left : right;
      switch (random.nextInt(160)) {
        case 0, 1, 2, 3 -> connect();
        case 4 -> cut(side);
        case 5, 6 -> side.useAnother();
        case 7 -> swallow(side);
        case 8 -> side.ping();
        default -> {}
      }
    }

    private void connect() {
      if (left.ends.size() < MAX_PATHS && right.ends.size() < MAX_PATHS) {
        SimulatedWire there = new SimulatedWire();
        SimulatedWire back = new SimulatedWire();
        left.attach(back, there);
        right.attach(there, back);
      }
    }

    /** Each side notices by itself, when it has read what still arrives. */
    private void cut(SimulatedSide side) {
      if (!side.ends.isEmpty()) {
        SimulatedSide.End end = side.ends.get(random.nextInt(side.ends.size()));
        end.in.cut(random.nextInt(1 << random.nextInt(18)));
        end.out.cut(random.nextInt(1 << random.nextInt(18)));
      }
    }

    private void swallow(SimulatedSide side) {
      if (!side.ends.isEmpty()) {
        side.ends.get(random.nextInt(side.ends.size())).out.swallow();
      }
    }
  }
}
