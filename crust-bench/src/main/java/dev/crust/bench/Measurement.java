package dev.crust.bench;

import java.util.List;

/** One question, answered in figures. It blocks its caller, for a bounded time. */
interface Measurement {
  /**
   * Warms up, measures in rounds that alternate between bare Netty and us, and cleans up.
   *
   * @throws UnavailableException if this machine cannot do it
   */
  List<Figure> measure() throws Exception;
}
