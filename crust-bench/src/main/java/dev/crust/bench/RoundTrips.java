package dev.crust.bench;

import dev.crust.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** How long 64 bytes take there and back, one at a time, nothing else under way. */
final class RoundTrips implements Measurement {
  private static final int BYTES = 64;

  private final Transport transport;
  private final int count;
  private final int rounds;

  RoundTrips(Transport transport, int count, int rounds) {
    this.transport = transport;
    this.count = count;
    this.rounds = rounds;
  }

  @Override
  public List<Figure> measure() throws Exception {
    try (Contender bare = transport == Transport.TCP ? new BarePipeline() : new BareQuic();
        Contender messages = new CrustMessages(transport);
        Contender pings = new CrustPings(transport);
        Contender stream = new CrustStream(transport)) {
      List<Side> sides =
          List.of(
              new Side(
                  "message until acknowledged", messages, Optional.of(Target.ratioAtMost(1.25))),
              new Side("ping", pings, Optional.of(Target.ratioAtMost(1.25))),
              new Side("echo by the peer's user on a stream", stream, Optional.empty()));
      Times theirs = new Times();
      List<Times> ours = sides.stream().map(side -> new Times()).toList();
      // The first round warms up.
      for (int round = 0; round <= rounds; round++) {
        theirs.add(bare, round > 0);
        for (int i = 0; i < sides.size(); i++) {
          ours.get(i).add(sides.get(i).contender(), round > 0);
        }
      }
      List<Figure> figures = new ArrayList<>();
      for (int i = 0; i < sides.size(); i++) {
        Side side = sides.get(i);
        String what = "64 B over %s, %s: ".formatted(transport, side.name());
        Figure median = Figure.beside(what + "p50", "us", theirs.p50(), ours.get(i).p50());
        figures.add(side.target().map(median::toBe).orElse(median));
        figures.add(Figure.beside(what + "p99", "us", theirs.p99(), ours.get(i).p99()));
      }
      return figures;
    }
  }

  private record Side(String name, Contender contender, Optional<Target> target) {}

  /** Percentiles of one side, in microseconds, round by round. */
  private final class Times {
    private final List<Double> medians = new ArrayList<>();
    private final List<Double> tails = new ArrayList<>();

    void add(Contender side, boolean counts) throws Exception {
      long[] nanos = new long[count];
      for (int i = 0; i < count; i++) {
        long start = System.nanoTime();
        side.roundTrip(BYTES);
        nanos[i] = System.nanoTime() - start;
      }
      Arrays.sort(nanos);
      if (counts) {
        medians.add(nanos[count / 2] / 1e3);
        tails.add(nanos[(int) (count * 99L / 100)] / 1e3);
      }
    }

    Samples p50() {
      return new Samples(medians);
    }

    Samples p99() {
      return new Samples(tails);
    }
  }
}
