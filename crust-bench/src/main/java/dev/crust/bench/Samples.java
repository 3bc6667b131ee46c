package dev.crust.bench;

import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;

/**
 * What the rounds of a measurement showed, in their order. Immutable.
 *
 * @param values one for each round, at least one
 */
record Samples(List<Double> values) {
  Samples {
    values = List.copyOf(values);
    if (values.isEmpty()) {
      throw new IllegalArgumentException("nothing was measured");
    }
  }

  /** What was measured once. */
  static Samples of(double value) {
    return new Samples(List.of(value));
  }

  /** The value with as many above as below; of an even number the upper of the middle two. */
  double median() {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  double min() {
    return values.stream().mapToDouble(it -> it).min().orElseThrow();
  }

  double max() {
    return values.stream().mapToDouble(it -> it).max().orElseThrow();
  }

  /** These and those, round by round. */
  Samples with(Samples others, DoubleBinaryOperator operator) {
    return new Samples(
        IntStream.range(0, values.size())
            .mapToObj(i -> operator.applyAsDouble(values.get(i), others.values.get(i)))
            .toList());
  }
}
