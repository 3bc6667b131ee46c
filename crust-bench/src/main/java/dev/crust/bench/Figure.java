package dev.crust.bench;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One line of the result. Immutable.
 *
 * @param name what was measured, for people and machines
 * @param unit of its values
 * @param bare what bare Netty showed, where it can be compared
 * @param crust what we showed, in as many rounds
 * @param target what it should be, if anybody has said so
 */
record Figure(
    String name, String unit, Optional<Samples> bare, Samples crust, Optional<Target> target) {

  /** Beside bare Netty, without a target. */
  static Figure beside(String name, String unit, Samples bare, Samples crust) {
    return new Figure(name, unit, Optional.of(bare), crust, Optional.empty());
  }

  /** With nothing beside it, and without a target. */
  static Figure alone(String name, String unit, Samples crust) {
    return new Figure(name, unit, Optional.empty(), crust, Optional.empty());
  }

  Figure toBe(Target aim) {
    return new Figure(name, unit, bare, crust, Optional.of(aim));
  }

  /** The median of ours by theirs, round by round. */
  OptionalDouble ratio() {
    return bare.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(crust.with(bare.get(), (ours, theirs) -> ours / theirs).median());
  }

  /** The median of ours above theirs, round by round. */
  OptionalDouble excess() {
    return bare.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(crust.with(bare.get(), (ours, theirs) -> ours - theirs).median());
  }

  Optional<Boolean> met() {
    return target.map(aim -> aim.met(this));
  }
}
