package dev.crust.driver;

import dev.crust.spi.Situation;
import dev.crust.spi.TraversalMethod;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A traversal method of an endpoint, and what it said of itself when that was opened: no other code
 * of it is for the control loop.
 *
 * @param method the method
 * @param name its name
 * @param needs who must have it
 */
record KnownMethod(TraversalMethod method, String name, TraversalMethod.Needs needs) {
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9-]{1," + TraversalMethod.MAX_NAME + "}");

  /**
   * Those that were found: one of each name, the first, and those of our own before others.
   *
   * @throws IllegalStateException if there are too many, or one cannot be told to peers
   */
  static List<KnownMethod> of(List<TraversalMethod> found) {
    Map<String, KnownMethod> named = new LinkedHashMap<>();
    for (TraversalMethod each : found) {
      KnownMethod known = new KnownMethod(each, each.name(), each.needs());
      if (!NAME.matcher(known.name).matches()) {
        throw new IllegalStateException(
            "'" + known.name + "' of " + each.getClass() + " is no name of a traversal method");
      }
      named.putIfAbsent(known.name, known);
    }
    if (named.size() > Situation.MAX_METHODS) {
      throw new IllegalStateException(
          named.size() + " traversal methods, and no more than " + Situation.MAX_METHODS + " fit");
    }
    return named.values().stream().sorted(Comparator.comparing(each -> !each.isOwn())).toList();
  }

  /** Whether it is one of the endpoint's own. */
  boolean isOwn() {
    return method instanceof OwnMethod;
  }
}
