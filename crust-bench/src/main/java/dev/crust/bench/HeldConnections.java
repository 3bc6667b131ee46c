package dev.crust.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Many connections over TCP between two processes, held for minutes without anything to say: what
 * that costs of the processors, in both together, and whether they end as they should.
 */
final class HeldConnections implements Measurement {
  /** A twentieth of one core: nearly nothing, for 10,000 ends. */
  private static final double NEARLY_NOTHING = 3;

  private final int connections;
  private final Duration hold;

  HeldConnections(int connections, Duration hold) {
    this.connections = connections;
    this.hold = hold;
  }

  @Override
  public List<Figure> measure() throws Exception {
    String side = Integer.toString(Grid.side(connections));
    try (ChildProcess listening = ChildProcess.start(IdleSide.NAME, side);
        ChildProcess dialling = ChildProcess.start(IdleSide.NAME, side)) {
      String addresses = listening.ask("addresses");
      double dialled = Long.parseLong(dialling.ask("dial " + connections + " " + addresses)) / 1e9;
      List<Double> cpu = new ArrayList<>();
      Both before = Both.of(listening, dialling);
      for (Duration left = hold; left.compareTo(Duration.ZERO) > 0; left = left.minusMinutes(1)) {
        dialling.rest(left.toMinutes() > 0 ? Duration.ofMinutes(1) : left);
        Both after = Both.of(listening, dialling);
        cpu.add(after.cpuSince(before));
        before = after;
      }
      dialling.ask("hangup");
      int ended = Integer.parseInt(listening.ask("ended " + connections));
      Both after = Both.of(listening, dialling);
      int finished = (dialling.finish() ? 1 : 0) + (listening.finish() ? 1 : 0);
      String what = "%d idle connections: ".formatted(connections);
      return List.of(
          Figure.alone(what + "dialled", "1/s", Samples.of(connections / dialled)),
          Figure.alone(
                  what + "held for " + hold.toSeconds() + " s",
                  "",
                  Samples.of(before.connections()))
              .toBe(Target.atLeast(connections)),
          Figure.alone(what + "CPU of both processes", "s/min", new Samples(cpu))
              .toBe(Target.atMost(NEARLY_NOTHING)),
          Figure.alone(what + "threads of both processes", "", Samples.of(before.threads())),
          Figure.alone(what + "closed, as the peer was told", "", Samples.of(ended))
              .toBe(Target.atLeast(connections)),
          Figure.alone(what + "left after closing", "", Samples.of(after.connections()))
              .toBe(Target.atMost(0)),
          Figure.alone(what + "processes that ended well", "", Samples.of(finished))
              .toBe(Target.atLeast(2)));
    }
  }

  /** Both sides at one time. */
  private record Both(IdleSide.State listening, IdleSide.State dialling) {
    static Both of(ChildProcess listening, ChildProcess dialling)
        throws IOException, InterruptedException {
      return new Both(
          IdleSide.State.parse(listening.ask("state")),
          IdleSide.State.parse(dialling.ask("state")));
    }

    /** In seconds for a minute. */
    double cpuSince(Both before) {
      return perMinute(before.listening, listening) + perMinute(before.dialling, dialling);
    }

    private static double perMinute(IdleSide.State before, IdleSide.State after) {
      return 60.0 * (after.cpu() - before.cpu()) / (after.at() - before.at());
    }

    /** As many as both sides have. */
    int connections() {
      return Math.max(0, Math.min(listening.connections(), dialling.connections()));
    }

    int threads() {
      return listening.threads() + dialling.threads();
    }
  }
}
