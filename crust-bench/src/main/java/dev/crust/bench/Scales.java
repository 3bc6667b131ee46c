package dev.crust.bench;

import dev.crust.CrustAddress;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.List;

/**
 * Weighs idle connections, both ends of which are in this process and each of which has carried 64
 * bytes: used heap after garbage collection with all of them, less that with the first few, which
 * have set everything up. The native memory of TLS is the same for both sides and not in it. It
 * answers {@code bare} and {@code crust} with the bytes of one end.
 */
final class Scales implements Child.Role {
  static final String NAME = "scales";

  private static final int MAX_COLLECTIONS = 20;
  private static final int STEADY = 3;

  private final int connections;

  Scales(List<String> arguments) {
    connections = Integer.parseInt(arguments.get(0));
  }

  @Override
  public String answer(List<String> words) throws Exception {
    return Double.toString(
        switch (words.get(0)) {
          case "bare" -> bare();
          case "crust" -> crust();
          default -> throw new IllegalArgumentException(words.toString());
        });
  }

  private double bare() throws Exception {
    try (BarePipeline pair = new BarePipeline()) {
      pair.connect(firsts() * side());
      long before = usedHeap();
      pair.connect(connections);
      return perEnd(usedHeap() - before);
    }
  }

  private double crust() throws Exception {
    try (Grid listeners = new Grid(side());
        Grid diallers = new Grid(side())) {
      List<CrustAddress> addresses = listeners.addresses();
      int already = firsts() * side();
      diallers.connect(addresses, 0, already);
      long before = usedHeap();
      diallers.connect(addresses, already, already + connections);
      return perEnd(usedHeap() - before);
    }
  }

  /** Enough of an endpoint's connections for each of its event loops to have had one. */
  private static int firsts() {
    return 2 * Math.min(8, Runtime.getRuntime().availableProcessors());
  }

  /** Endpoints on each side: enough for all, and for the first ones of each. */
  private int side() {
    return firsts() + Grid.side(connections);
  }

  private double perEnd(long bytes) {
    return bytes / 2.0 / connections;
  }

  /** The least after several collections in a row, the last of which have brought nothing. */
  private static long usedHeap() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    long least = Long.MAX_VALUE;
    int steady = 0;
    for (int i = 0; i < MAX_COLLECTIONS && steady < STEADY; i++) {
      memory.gc();
      long used = memory.getHeapMemoryUsage().getUsed();
      steady = used < least - 4096 ? 0 : steady + 1;
      least = Math.min(least, used);
    }
    return least;
  }

  @Override
  public void close() {}
}
