package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.Happening;
import dev.crust.natlab.scenario.Scenario;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A scenario in one thread, on a virtual clock, with one seed.
 *
 * <pre>{@code
 * Simulation world = Simulation.of(scenario, 1);
 * SimUdpSocket socket = world.host("alice").openUdp(4000, (from, data) -> ...);
 * socket.send(server, hello);
 * world.runFor(Duration.ofSeconds(5));
 * }</pre>
 *
 * <p>Time stands still while code runs and moves in {@link #runFor} and {@link #runUntil} alone.
 * The same calls with the same seed give the same event log, byte for byte. Confined to one thread.
 */
public final class Simulation {
  private final World world;
  private final StringBuilder text;
  private final Topology topology;

  private Simulation(Scenario scenario, World world, StringBuilder text) {
    this.world = world;
    this.text = text;
    this.topology = new Topology(world, scenario);
    scenario
        .happenings()
        .forEach(timed -> world.timeline().after(timed.at(), () -> apply(timed.happening())));
  }

  /** A simulation that keeps its event log as text. */
  public static Simulation of(Scenario scenario, long seed) {
    StringBuilder text = new StringBuilder();
    Consumer<String> sink = line -> text.append(line).append('\n');
    return new Simulation(scenario, new World(seed, sink), text);
  }

  /** A simulation that gives each line of its event log away and keeps none. */
  public static Simulation of(Scenario scenario, long seed, Consumer<String> sink) {
    return new Simulation(scenario, new World(seed, sink), new StringBuilder());
  }

  /**
   * A host.
   *
   * @throws IllegalArgumentException if the scenario has none of this name
   */
  public SimHost host(String name) {
    return topology.host(name);
  }

  /** The virtual time; the simulation starts at the epoch. */
  public Instant now() {
    return world.timeline().now();
  }

  /** Plans something. */
  public void after(Duration delay, Runnable action) {
    world.timeline().after(delay, action);
  }

  /** Lets time pass. */
  public void runFor(Duration time) {
    runUntil(() -> false, time);
  }

  /**
   * Lets time pass until a condition holds or the time is over; the condition is looked at after
   * each event. Says whether it held.
   */
  public boolean runUntil(BooleanSupplier condition, Duration atMost) {
    long until = world.timeline().nanos() + atMost.toNanos();
    boolean held = condition.getAsBoolean();
    while (!held && world.timeline().step(until)) {
      held = condition.getAsBoolean();
    }
    if (!held) {
      world.timeline().advance(until);
    }
    return held;
  }

  /** Changes the world now. */
  public void apply(Happening happening) {
    world.log().write(happening.node(), "happening " + Scenario.text(happening));
    topology.apply(happening);
  }

  /**
   * The connection-tracking table of a home's or carrier's router, one line a flow: transport,
   * inside, outside, remote, state, seconds left.
   *
   * @throws IllegalArgumentException if the scenario has none of this name
   */
  public String tables(String router) {
    return topology.router(router).tables();
  }

  /** The event log so far, unless it is given away. */
  public String log() {
    return text.toString();
  }

  /** How many events have happened so far. */
  public long events() {
    return world.timeline().done();
  }
}
