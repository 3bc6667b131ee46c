package dev.crust.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The heap that one end of an idle connection over TCP holds. Each weighing has a process of its
 * own, since what an earlier one left to finalizers would be counted.
 */
final class IdleHeap implements Measurement {
  private final int connections;
  private final int rounds;

  IdleHeap(int connections, int rounds) {
    this.connections = connections;
    this.rounds = rounds;
  }

  @Override
  public List<Figure> measure() throws Exception {
    List<Double> bare = new ArrayList<>();
    List<Double> crust = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      bare.add(weigh("bare"));
      crust.add(weigh("crust"));
    }
    return List.of(
        Figure.beside(
                "heap of an idle connection's end", "B", new Samples(bare), new Samples(crust))
            .toBe(Target.excessAtMost(4096)));
  }

  private double weigh(String side) throws IOException, InterruptedException {
    try (ChildProcess child = ChildProcess.start(Scales.NAME, Integer.toString(connections))) {
      return Double.parseDouble(child.ask(side));
    }
  }
}
