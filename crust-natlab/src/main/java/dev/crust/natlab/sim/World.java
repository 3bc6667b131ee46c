package dev.crust.natlab.sim;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** What every part of a simulation shares: the clock, the log and the source of chance. */
final class World {
  private final Timeline timeline = new Timeline();
  private final EventLog log;
  private final SplittableRandom random;

  World(long seed, java.util.function.Consumer<String> sink) {
    log = new EventLog(timeline, sink);
    random = new SplittableRandom(seed);
  }

  Timeline timeline() {
    return timeline;
  }

  EventLog log() {
    return log;
  }

  /** Chance of one's own, so that what one part draws does not change what another gets. */
  RandomGenerator split() {
    return random.split();
  }
}
