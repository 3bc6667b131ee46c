package dev.crust.natlab.verify;

import static dev.crust.natlab.verify.NatFacts.BLOCKED;
import static dev.crust.natlab.verify.NatFacts.NOTHING;

import dev.crust.proto.stun.BindingLifetime;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.spi.PortAllocation;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Puts what the machines found into the words of {@link NatFacts}. */
final class FactsOf {
  /** A little less and a little more than the lifetimes that are expected. */
  static final List<Duration> WAITS =
      Stream.of(20, 28, 32, 60, 115, 125).map(Duration::ofSeconds).toList();

  private FactsOf() {}

  static NatFacts facts(NatBehaviour udp, NatBehaviour tcp, String fresh, String proven) {
    boolean blocked = udp.reflexive().isEmpty();
    return new NatFacts(
        blocked ? BLOCKED : NatFacts.word(udp.mapping()),
        blocked ? NOTHING : NatFacts.word(udp.filtering()),
        ports(udp),
        tcp.reflexive().isEmpty() ? BLOCKED : NatFacts.word(tcp.mapping()),
        ports(tcp),
        fresh,
        proven,
        switch (udp.hairpin()) {
          case SUPPORTED -> "yes";
          case NOT_SEEN -> "no";
          case UNKNOWN -> NOTHING;
        });
  }

  static String lifetime(BindingLifetime.Effect.Found found) {
    if (found.alive().isEmpty() && found.dead().isEmpty()) {
      return NOTHING;
    }
    String alive = found.alive().map(time -> "" + time.toSeconds()).orElse("0");
    return found.dead().map(time -> alive + "-" + time.toSeconds()).orElse("over " + alive);
  }

  private static String ports(NatBehaviour behaviour) {
    PortAllocation allocation = behaviour.allocation();
    return switch (allocation.pattern()) {
      case UNKNOWN -> NOTHING;
      case SEQUENTIAL -> "sequential " + allocation.delta();
      case PRESERVED, RANDOM -> NatFacts.word(allocation.pattern());
    };
  }
}
