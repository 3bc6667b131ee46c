package dev.crust.natlab.sim;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The flows of a router, found by their inside or outside ends. */
final class FlowTable {
  private record Ends(Protocol protocol, InetSocketAddress near, InetSocketAddress far) {}

  private record Port(Protocol protocol, int number) {}

  /** Dead flows are swept when the table has doubled since the last time. */
  private static final int SWEEP_FROM = 256;

  private final Map<Ends, Flow> byInside = new HashMap<>();
  private final Map<Ends, Flow> byOutside = new HashMap<>();
  private final Map<Port, List<Flow>> byPort = new HashMap<>();
  private int sweepAt = SWEEP_FROM;

  Optional<Flow> byInside(
      Protocol protocol, InetSocketAddress inside, InetSocketAddress remote, long now) {
    return alive(byInside.get(new Ends(protocol, inside, remote)), now);
  }

  Optional<Flow> byOutside(
      Protocol protocol, InetSocketAddress outside, InetSocketAddress remote, long now) {
    return alive(byOutside.get(new Ends(protocol, outside, remote)), now);
  }

  /** The flows that use an outside port, oldest first. */
  List<Flow> at(Protocol protocol, int port, long now) {
    return byPort.getOrDefault(new Port(protocol, port), List.of()).stream()
        .filter(flow -> flow.alive(now))
        .toList();
  }

  void add(Flow flow, long now) {
    if (byOutside.size() >= sweepAt) {
      sweep(now);
    }
    remove(byOutside.get(new Ends(flow.protocol, flow.outside, flow.remote)));
    if (!flow.own) {
      remove(byInside.get(new Ends(flow.protocol, flow.inside, flow.remote)));
      byInside.put(new Ends(flow.protocol, flow.inside, flow.remote), flow);
    }
    byOutside.put(new Ends(flow.protocol, flow.outside, flow.remote), flow);
    Port port = new Port(flow.protocol, flow.outside.getPort());
    byPort.computeIfAbsent(port, key -> new ArrayList<>(1)).add(flow);
  }

  void remove(@org.jspecify.annotations.Nullable Flow flow) {
    if (flow == null) {
      return;
    }
    byInside.remove(new Ends(flow.protocol, flow.inside, flow.remote), flow);
    byOutside.remove(new Ends(flow.protocol, flow.outside, flow.remote), flow);
    Port port = new Port(flow.protocol, flow.outside.getPort());
    byPort.computeIfPresent(
        port,
        (key, flows) -> {
          flows.remove(flow);
          return flows.isEmpty() ? null : flows;
        });
  }

  void clear() {
    byInside.clear();
    byOutside.clear();
    byPort.clear();
  }

  /** One line a flow, sorted. */
  String text(long now) {
    return byOutside.values().stream()
        .filter(flow -> flow.alive(now))
        .map(flow -> flow.text(now) + "\n")
        .sorted()
        .collect(Collectors.joining());
  }

  private void sweep(long now) {
    for (Flow flow : List.copyOf(byOutside.values())) {
      if (!flow.alive(now)) {
        remove(flow);
      }
    }
    sweepAt = Math.max(SWEEP_FROM, 2 * byOutside.size());
  }

  private static Optional<Flow> alive(@org.jspecify.annotations.Nullable Flow flow, long now) {
    return flow != null && flow.alive(now) ? Optional.of(flow) : Optional.empty();
  }
}
