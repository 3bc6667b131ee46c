package dev.crust.bench;

import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Event;
import dev.crust.Reason;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * One of the two processes that hold many connections. It answers {@code addresses}, {@code dial
 * COUNT ADDRESS...}, {@code state}, {@code hangup} and {@code ended COUNT}.
 */
final class IdleSide implements Child.Role {
  static final String NAME = "idle-side";

  private static final int PATIENCE_SECONDS = 60;

  private final Grid grid;
  private final Map<Reason, Integer> ended = new EnumMap<>(Reason.class);

  IdleSide(List<String> arguments) throws Exception {
    grid = new Grid(Integer.parseInt(arguments.get(0)));
    for (Endpoint endpoint : grid.endpoints()) {
      endpoint.onEvent(this::note);
    }
  }

  private void note(Event event) {
    if (event instanceof Event.Lost lost) {
      synchronized (ended) {
        ended.merge(lost.reason(), 1, Integer::sum);
        ended.notifyAll();
      }
    }
  }

  @Override
  public String answer(List<String> words) throws Exception {
    return switch (words.get(0)) {
      case "addresses" ->
          grid.addresses().stream().map(CrustAddress::toString).collect(Collectors.joining(" "));
      case "dial" -> dial(Integer.parseInt(words.get(1)), words.subList(2, words.size()));
      case "state" -> state().text();
      case "hangup" -> hangUp();
      case "ended" -> ended(Integer.parseInt(words.get(1)));
      default -> throw new IllegalArgumentException(words.toString());
    };
  }

  private String dial(int count, List<String> addresses) throws Exception {
    long start = System.nanoTime();
    grid.connect(addresses.stream().map(CrustAddress::parse).toList(), 0, count);
    return Long.toString(System.nanoTime() - start);
  }

  private String hangUp() {
    grid.endpoints().forEach(Endpoint::close);
    return "closed";
  }

  /** Waits until so many connections have ended; how many were ended by the peer. */
  private String ended(int count) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    synchronized (ended) {
      long left = PATIENCE_SECONDS * 1000L;
      while (ended.values().stream().mapToInt(it -> it).sum() < count && left > 0) {
        ended.wait(left);
        left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      }
      return Integer.toString(
          ended.getOrDefault(Reason.PEER_ENDPOINT_CLOSED, 0)
              + ended.getOrDefault(Reason.CLOSED_BY_PEER, 0));
    }
  }

  /**
   * How a side is.
   *
   * @param at when, in nanoseconds of the clock that all processes have in common
   * @param cpu what it has used of the processors, in nanoseconds
   */
  record State(long at, long cpu, int threads, int connections) {
    static State parse(String text) {
      String[] words = text.split(" ", -1);
      return new State(
          Long.parseLong(words[0]),
          Long.parseLong(words[1]),
          Integer.parseInt(words[2]),
          Integer.parseInt(words[3]));
    }

    String text() {
      return "%d %d %d %d".formatted(at, cpu, threads, connections);
    }
  }

  private State state() {
    return new State(
        System.nanoTime(),
        Cpu.nanos(),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        grid.connections());
  }

  @Override
  public void close() {
    grid.close();
  }
}
