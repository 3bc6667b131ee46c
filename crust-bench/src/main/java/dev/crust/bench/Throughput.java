package dev.crust.bench;

import java.util.ArrayList;
import java.util.List;

/** One-way rate and what it costs of the processors, both ends in this process. */
final class Throughput implements Measurement {
  private static final int[] WRITES = {64 << 10, 16 << 10};
  private static final int WARM_UPS = 2;

  private final String name;
  private final Contender.Factory bare;
  private final Contender.Factory crust;
  private final long bytes;
  private final int rounds;

  Throughput(String name, Contender.Factory bare, Contender.Factory crust, long bytes, int rounds) {
    this.name = name;
    this.bare = bare;
    this.crust = crust;
    this.bytes = bytes;
    this.rounds = rounds;
  }

  @Override
  public List<Figure> measure() throws Exception {
    List<Figure> figures = new ArrayList<>();
    try (Contender theirs = bare.create();
        Contender ours = crust.create()) {
      for (int i = 0; i < WARM_UPS; i++) {
        for (int write : WRITES) {
          theirs.transfer(bytes, write);
          ours.transfer(bytes, write);
        }
      }
      for (int write : WRITES) {
        figures.addAll(measure(theirs, ours, write));
      }
    }
    return figures;
  }

  private List<Figure> measure(Contender theirs, Contender ours, int write) throws Exception {
    Taken bareTaken = new Taken();
    Taken crustTaken = new Taken();
    for (int round = 0; round < rounds; round++) {
      bareTaken.add(theirs, write);
      crustTaken.add(ours, write);
    }
    String what = "%s, %d KiB writes: ".formatted(name, write >> 10);
    return List.of(
        Figure.beside(what + "rate", "MB/s", bareTaken.rate(), crustTaken.rate())
            .toBe(Target.ratioAtLeast(0.85)),
        Figure.beside(what + "CPU", "s/GB", bareTaken.cpu(), crustTaken.cpu())
            .toBe(Target.ratioAtMost(1.25)));
  }

  /** What one side took, round by round. */
  private final class Taken {
    private final List<Double> rates = new ArrayList<>();
    private final List<Double> cpus = new ArrayList<>();

    void add(Contender side, int write) throws Exception {
      long cpu = Cpu.nanos();
      long start = System.nanoTime();
      side.transfer(bytes, write);
      rates.add(bytes * 1e3 / (System.nanoTime() - start));
      cpus.add((double) (Cpu.nanos() - cpu) / bytes);
    }

    Samples rate() {
      return new Samples(rates);
    }

    Samples cpu() {
      return new Samples(cpus);
    }
  }
}
