package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.Carrier;
import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Home;
import dev.crust.natlab.scenario.Link;
import dev.crust.proto.punch.UdpPunch.Opener;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * What else differs between two traversals of one pair. The seed of the world, from which ports
 * come as well, is one of them.
 *
 * @param line every line but the introducer's
 * @param loss the share of packets that each home's line loses when the traversal begins
 * @param lagOne how long the first host's process takes to see a signal
 * @param lagOther how long that of the second host takes
 * @param oneControls whether the first host has the smaller peer id
 * @param oneAsks whether the first host asks for the traversal
 * @param opener whether mappings can be opened by packets that die on the way
 */
record Circumstances(
    long seed,
    Link line,
    double loss,
    Duration lagOne,
    Duration lagOther,
    boolean oneControls,
    boolean oneAsks,
    Opener opener) {
  /** As long do lines lose packets that do: what is lost once is not lost when it is repeated. */
  static final Duration LOSSY_TIME = Duration.ofMillis(300);

  private static final double LOSS = 0.1;

  /** Two sides that hear so differently late begin half of it apart; SYNs cross within 20 ms. */
  private static final int MOST_LAG = 20;

  private static final int MOST_JITTER = 3;
  private static final int LOSSY = 4;

  /** Lines of 10 ms and processes at once; even seeds let the first host have the smaller id. */
  static Circumstances kind(long seed) {
    return new Circumstances(
        seed, Link.DEFAULT, 0, Duration.ZERO, Duration.ZERO, seed % 2 == 0, true, Opener.NONE);
  }

  /** As a seed has it: jitter, lags, roles; every fourth loses packets. */
  static Circumstances of(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new Circumstances(
        seed,
        Link.DEFAULT.withJitter(Duration.ofMillis(random.nextInt(MOST_JITTER + 1))),
        seed % LOSSY == 0 ? LOSS : 0,
        Duration.ofMillis(random.nextInt(MOST_LAG + 1)),
        Duration.ofMillis(random.nextInt(MOST_LAG + 1)),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean() ? Opener.LOW_TTL : Opener.NONE);
  }

  /** What lags cost at most: of three signals, each side hears one or two. */
  Duration lags() {
    return lagOne.plus(lagOther).multipliedBy(2);
  }

  /** This, on other lines. */
  Circumstances on(Link other) {
    return new Circumstances(seed, other, loss, lagOne, lagOther, oneControls, oneAsks, opener);
  }

  /** This, on lines that lose nothing. */
  Circumstances lossless() {
    return new Circumstances(seed, line, 0, lagOne, lagOther, oneControls, oneAsks, opener);
  }

  /** This, with another way to open mappings. */
  Circumstances with(Opener other) {
    return new Circumstances(seed, line, loss, lagOne, lagOther, oneControls, oneAsks, other);
  }

  /** An element on such a line. */
  Element lay(Element element) {
    return element instanceof Home home
        ? home.withLink(line)
        : element instanceof Carrier carrier ? carrier.withLink(line) : element;
  }
}
