package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimUdpSocket;
import dev.crust.natlab.sim.Simulation;
import dev.crust.natlab.sim.TcpHandler;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.BehaviourDiscovery;
import dev.crust.proto.stun.BindingLifetime;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.Retransmission;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs the STUN machines on a host of the simulator, behind a NAT of its own. */
final class SimProbe {
  private static final int BINDINGS = 5;
  private static final int WAKE_UPS = 10_000;

  private final Simulation world;
  private final SimHost host;
  private final InetSocketAddress server;
  private final long seed;

  /** A host {@code a} behind this NAT, and a STUN server of two addresses. */
  SimProbe(Nat nat, long seed) {
    Scenario scenario =
        Scenario.of(Scenario.publicHost("stun").running(Server.COTURN), Scenario.home("a", nat));
    this.world = Simulation.of(scenario, seed);
    this.host = world.host("a");
    this.server = new InetSocketAddress(world.host("stun").ipv4(), 3478);
    this.seed = seed;
  }

  /** The event log so far. */
  String log() {
    return world.log();
  }

  /** What RFC 5780's tests say by UDP. */
  NatBehaviour udp() {
    Bindings bindings = new Bindings(BINDINGS);
    BehaviourDiscovery machine =
        BehaviourDiscovery.udp(
            server,
            bindings.locals(),
            Retransmission.PROBE,
            new SplittableRandom(seed),
            world.now());
    AtomicReference<@Nullable NatBehaviour> found = new AtomicReference<>();
    Consumer<List<BehaviourDiscovery.Effect>> carryOut =
        effects -> {
          for (BehaviourDiscovery.Effect effect : effects) {
            if (effect instanceof BehaviourDiscovery.Effect.Send send) {
              bindings.send(send.binding(), send.to(), send.message());
            } else if (effect instanceof BehaviourDiscovery.Effect.Found end) {
              found.set(end.behaviour());
            }
          }
        };
    bindings.hear(
        in ->
            carryOut.accept(machine.onMessage(in.binding(), in.from(), in.message(), world.now())));
    drive(machine::deadline, () -> carryOut.accept(machine.onTimeout(world.now())));
    return Objects.requireNonNull(found.get());
  }

  /** What they say by TCP. */
  NatBehaviour tcp() {
    List<InetSocketAddress> locals = new ArrayList<>();
    for (int i = 0; i < BINDINGS; i++) {
      int port = host.listenTcp(0, new TcpHandler() {}).port();
      locals.add(new InetSocketAddress(host.ipv4(), port));
    }
    BehaviourDiscovery machine =
        BehaviourDiscovery.tcp(
            server, locals, Retransmission.RELIABLE, new SplittableRandom(seed), world.now());
    TcpRequests requests = new TcpRequests(world, host, machine, locals);
    drive(machine::deadline, () -> requests.carryOut(machine.onTimeout(world.now())));
    return requests.found().orElseThrow();
  }

  /**
   * How long a UDP mapping lives without traffic: some of these waits too short, others too long.
   */
  BindingLifetime.Effect.Found lifetime(List<Duration> waits, boolean proven) {
    SplittableRandom random = new SplittableRandom(seed);
    BindingLifetime machine =
        proven
            ? BindingLifetime.ofConfirmed(waits, random, world.now())
            : BindingLifetime.ofFresh(waits, random, world.now());
    Bindings bindings = new Bindings(machine.bindings());
    AtomicReference<BindingLifetime.Effect.@Nullable Found> found = new AtomicReference<>();
    Consumer<List<BindingLifetime.Effect>> carryOut =
        effects -> {
          for (BindingLifetime.Effect effect : effects) {
            if (effect instanceof BindingLifetime.Effect.Send send) {
              bindings.send(send.binding(), server, send.message());
            } else if (effect instanceof BindingLifetime.Effect.Found end) {
              found.set(end);
            }
          }
        };
    bindings.hear(
        in -> carryOut.accept(machine.onMessage(in.binding(), in.message(), world.now())));
    drive(machine::deadline, () -> carryOut.accept(machine.onTimeout(world.now())));
    return Objects.requireNonNull(found.get());
  }

  /** Wakes a machine whenever it wants to be woken, until it is done: it then wants no more. */
  private void drive(Supplier<Instant> deadline, Runnable wake) {
    for (int i = 0; i < WAKE_UPS && !deadline.get().equals(Instant.MAX); i++) {
      Instant due = deadline.get();
      if (due.isAfter(world.now())) {
        world.runUntil(() -> !deadline.get().equals(due), Duration.between(world.now(), due));
      }
      if (!deadline.get().isAfter(world.now())) {
        wake.run();
      }
    }
  }

  private record Arrival(int binding, InetSocketAddress from, StunMessage message) {}

  /** UDP sockets by number. */
  private final class Bindings {
    private final List<SimUdpSocket> sockets = new ArrayList<>();
    private Consumer<Arrival> ear = in -> {};

    Bindings(int count) {
      for (int i = 0; i < count; i++) {
        int binding = i;
        sockets.add(host.openUdp(0, (from, data) -> received(binding, from, data)));
      }
    }

    void hear(Consumer<Arrival> listener) {
      ear = listener;
    }

    List<InetSocketAddress> locals() {
      return sockets.stream().map(SimUdpSocket::local).toList();
    }

    void send(int binding, InetSocketAddress to, StunMessage message) {
      sockets.get(binding).send(to, StunCodec.encode(message));
    }

    private void received(int binding, InetSocketAddress from, byte[] data) {
      try {
        ear.accept(new Arrival(binding, from, StunCodec.decode(data)));
      } catch (MalformedMessageException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
