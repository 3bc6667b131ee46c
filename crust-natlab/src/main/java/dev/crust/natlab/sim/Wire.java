package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.Link;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** One direction of a line: delay, jitter, loss, reordering, rate, queue and MTU. */
final class Wire {
  private final Timeline timeline;
  private final EventLog log;
  private final RandomGenerator random;
  private final String name;
  private final Consumer<Packet> far;
  private Link link;
  private boolean up = true;
  private long lastArrival;
  private long busyUntil;

  Wire(World world, String name, Link link, Consumer<Packet> far) {
    this.timeline = world.timeline();
    this.log = world.log();
    this.random = world.split();
    this.name = name;
    this.link = link;
    this.far = far;
  }

  int mtu() {
    return link.mtu();
  }

  /** Packets under way keep their time; the MTU stays. */
  void change(Link other) {
    link = other.withMtu(link.mtu());
  }

  void up(boolean carries) {
    up = carries;
  }

  void send(Packet packet) {
    if (!up) {
      log.write(name, "down", packet);
      return;
    }
    if (link.loss() > 0 && random.nextDouble() < link.loss()) {
      log.write(name, "lost", packet);
      return;
    }
    long start = timeline.nanos();
    if (link.bitsPerSecond() > 0) {
      start = Math.max(start, busyUntil);
      double waiting = (start - timeline.nanos()) * (double) link.bitsPerSecond() / 8e9;
      if (waiting + packet.size() > link.queueBytes()) {
        log.write(name, "queue-full", packet);
        return;
      }
      start += (long) (packet.size() * 8e9 / link.bitsPerSecond());
      busyUntil = start;
    }
    timeline.at(arrival(start), () -> deliver(packet));
  }

  private long arrival(long start) {
    if (link.reorder() > 0 && random.nextDouble() < link.reorder()) {
      return start;
    }
    long jitter = link.jitter().toNanos();
    long swing = jitter == 0 ? 0 : random.nextLong(-jitter, jitter + 1);
    lastArrival = Math.max(lastArrival, start + link.delay().toNanos() + swing);
    return lastArrival;
  }

  private void deliver(Packet packet) {
    if (up) {
      far.accept(packet);
    } else {
      log.write(name, "down", packet);
    }
  }
}
