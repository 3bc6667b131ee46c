package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Kernel, simulator and expectation side by side: each type by its properties, each pair by simple
 * punching.
 *
 * @param lines the tables, a property or pair a line: kernel | simulator | expected
 * @param differences the lines in which the three are not the same
 */
public record Verification(List<String> lines, List<String> differences) {
  private static final String FORMAT = "%-46s %-23s %-26s | %-26s | %-26s%s";

  /** Copies the lists. */
  public Verification {
    lines = List.copyOf(lines);
    differences = List.copyOf(differences);
  }

  /** Nothing measured yet. */
  static Verification none() {
    return new Verification(List.of(), List.of());
  }

  /**
   * Measures everything.
   *
   * @param lifetimes whether mapping lifetimes are measured, which takes over two minutes
   */
  public static Verification of(boolean lifetimes) throws Exception {
    return none()
        .types(NatType.all(), lifetimes)
        .byOthers(NatType.all())
        .variations(Variations.all())
        .pairs(PunchMatrix.pairs())
        .staggered(Staggered.all());
  }

  /** And these types, each by its properties. */
  Verification types(List<NatType> types, boolean lifetimes) throws Exception {
    Verification so = this;
    List<Nat> nats = types.stream().map(Nat::of).toList();
    List<NatFacts> kernel = KernelWorld.facts(nats, lifetimes);
    for (int i = 0; i < types.size(); i++) {
      NatFacts expected =
          Optional.ofNullable(ExpectedFacts.byType().get(types.get(i))).orElseThrow();
      so =
          so.plus(
              types.get(i).name(),
              kernel.get(i).words(lifetimes),
              SimFacts.measure(nats.get(i), 1).words(lifetimes),
              expected.words(lifetimes));
    }
    return so;
  }

  /** And these types, each by what other people's tools say of it. */
  Verification byOthers(List<NatType> types) throws Exception {
    Verification so = this;
    List<Nat> nats = types.stream().map(Nat::of).toList();
    List<Map<String, String>> kernel = KernelWorld.byOthers(nats);
    for (int i = 0; i < types.size(); i++) {
      NatFacts expected =
          Optional.ofNullable(ExpectedFacts.byType().get(types.get(i))).orElseThrow();
      so =
          so.plus(
              types.get(i).name(),
              kernel.get(i),
              OtherTools.wordsFor(SimFacts.measure(nats.get(i), 1)),
              OtherTools.wordsFor(expected));
    }
    return so;
  }

  /** And these variations: hairpin, and what strangers meet. */
  Verification variations(List<Nat> nats) throws Exception {
    Verification so = this;
    List<Map<String, String>> kernel = KernelWorld.variations(nats);
    for (int i = 0; i < nats.size(); i++) {
      Nat nat = nats.get(i);
      so =
          so.plus(
              Variations.name(nat),
              kernel.get(i),
              Variations.simulated(nat),
              Variations.expected(nat));
    }
    return so;
  }

  /** And these pairs. */
  Verification pairs(List<PunchMatrix.Pair> pairs) throws Exception {
    Verification so = this;
    for (Map.Entry<PunchMatrix.Pair, Boolean> pair : KernelWorld.punch(pairs).entrySet()) {
      so =
          so.plus(
              pair.getKey().toString(),
              punch(pair.getValue()),
              punch(SimPunch.SIMPLE.run(pair.getKey(), 1).connected()),
              punch(PunchMatrix.expected(pair.getKey())));
    }
    return so;
  }

  /** And these pairs that do not start at once, or against unkind routers. */
  Verification staggered(List<Staggered> cases) throws Exception {
    Verification so = this;
    for (Staggered each : cases) {
      so =
          so.plus(
              each.toString(),
              punch(each.inKernel()),
              punch(each.simulated()),
              punch(each.connects()));
    }
    return so;
  }

  private Verification plus(
      String subject,
      Map<String, String> kernel,
      Map<String, String> simulator,
      Map<String, String> expected) {
    List<String> all = new ArrayList<>(lines);
    List<String> wrong = new ArrayList<>(differences);
    kernel.forEach(
        (property, seen) -> {
          String simulated = simulator.getOrDefault(property, "");
          String wanted = expected.getOrDefault(property, "");
          boolean same = seen.equals(simulated) && seen.equals(wanted);
          String line =
              FORMAT.formatted(
                  subject, property, seen, simulated, wanted, same ? "" : "  <- differs");
          all.add(line);
          if (!same) {
            wrong.add(line);
          }
        });
    return new Verification(all, wrong);
  }

  private static Map<String, String> punch(boolean connected) {
    return Map.of("punch", connected ? "connects" : "fails");
  }
}
