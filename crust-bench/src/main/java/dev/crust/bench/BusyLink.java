package dev.crust.bench;

import dev.crust.Transport;
import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.Scenario;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How long a message of priority 0 takes, from {@code send} to its receiver, while a bulk stream of
 * the same connection fills the line: 100 Mbit/s, 20 ms there and back, a queue of 20 ms. The line
 * is the kernel lab's, each end a process on a host of it; both read one clock.
 */
final class BusyLink implements Measurement {
  private static final long RATE = 100_000_000;
  private static final Duration QUEUE = Duration.ofMillis(20);

  /** Of two lines, so that it is 10 ms from host to host. */
  private static final Duration DELAY = Duration.ofMillis(5);

  private static final Duration WARM_UP = Duration.ofSeconds(5);

  private final Transport transport;
  private final Duration busy;
  private final int rounds;

  /** Measures for so long in each round. */
  BusyLink(Transport transport, Duration busy, int rounds) {
    this.transport = transport;
    this.busy = busy;
    this.rounds = rounds;
  }

  private static Scenario scenario() {
    Link far = Link.DEFAULT.withDelay(DELAY);
    Link near = far.withRate(RATE).withQueue((int) (RATE / 8 * QUEUE.toMillis() / 1000));
    return Scenario.of(
        Scenario.publicHost("sender").withLink(near),
        Scenario.publicHost("receiver").withLink(far));
  }

  @Override
  public List<Figure> measure() throws Exception {
    Optional<String> missing = Lab.missing();
    if (missing.isPresent()) {
      throw new UnavailableException(missing.get());
    }
    try (Lab lab = Lab.up(scenario());
        ChildProcess receiver = start(lab.host("receiver"), BusyReceiver.NAME);
        ChildProcess sender = start(lab.host("sender"), BusySender.NAME, receiver.ask("address"))) {
      return measure(receiver, sender);
    }
  }

  private ChildProcess start(Host host, String role, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(transport.name(), host.address().getHostAddress()));
    all.addAll(List.of(arguments));
    return host.call(() -> ChildProcess.start(role, all.toArray(String[]::new)));
  }

  private List<Figure> measure(ChildProcess receiver, ChildProcess sender) throws Exception {
    List<Double> medians = new ArrayList<>();
    List<Double> tails = new ArrayList<>();
    List<Double> longest = new ArrayList<>();
    List<Double> rates = new ArrayList<>();
    sender.ask("start");
    sender.rest(WARM_UP.compareTo(busy) < 0 ? WARM_UP : busy);
    for (int round = 0; round < rounds; round++) {
      receiver.ask("reset");
      sender.rest(busy);
      BusyReceiver.Report report = BusyReceiver.Report.parse(receiver.ask("report"));
      if (report.delays().isEmpty()) {
        throw new IllegalStateException("no urgent message arrives");
      }
      medians.add(report.percentile(50));
      tails.add(report.percentile(99));
      longest.add(report.percentile(100));
      rates.add(report.megabits());
    }
    sender.ask("stop");
    String what = "urgent message beside bulk over %s: ".formatted(transport);
    return List.of(
        Figure.alone(what + "p50", "ms", new Samples(medians)),
        Figure.alone(what + "p99", "ms", new Samples(tails)).toBe(Target.atMost(60)),
        Figure.alone(what + "longest", "ms", new Samples(longest)),
        Figure.alone(what + "the bulk", "Mbit/s", new Samples(rates)));
  }
}
