package dev.crust.natlab.verify;

import dev.crust.proto.stun.BehaviourDiscovery;
import dev.crust.proto.stun.BindingLifetime;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.Retransmission;
import dev.crust.proto.stun.StunMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Runs the STUN machines on real sockets of the calling thread's network namespace, and blocks
 * until they are done.
 */
final class SocketProbe {
  private static final int BINDINGS = 5;

  /** A connection that takes longer than this is not made. */
  private static final Retransmission TCP =
      new Retransmission(Duration.ofMillis(500), 1, Duration.ofSeconds(8));

  private final InetAddress local;
  private final InetSocketAddress server;
  private final SecureRandom random = new SecureRandom();

  /** A probe that speaks from a local address to a server's primary one. */
  SocketProbe(InetAddress local, InetSocketAddress server) {
    this.local = local;
    this.server = server;
  }

  NatBehaviour udp() throws IOException {
    try (UdpBindings bindings = new UdpBindings(local, BINDINGS)) {
      BehaviourDiscovery machine =
          BehaviourDiscovery.udp(
              server, bindings.locals(), Retransmission.PROBE, random, RealClock.now());
      Result<NatBehaviour> result = new Result<>();
      MachineLoop.run(
          bindings.selector(),
          machine::deadline,
          () -> discover(machine.onTimeout(RealClock.now()), bindings::send, result),
          key ->
              bindings.read(
                  key,
                  (binding, from, message) ->
                      discover(
                          machine.onMessage(binding, from, message, RealClock.now()),
                          bindings::send,
                          result)));
      return result.value.orElseThrow();
    }
  }

  NatBehaviour tcp() throws IOException {
    try (TcpBindings bindings = new TcpBindings(local, BINDINGS)) {
      BehaviourDiscovery machine =
          BehaviourDiscovery.tcp(server, bindings.locals(), TCP, random, RealClock.now());
      Result<NatBehaviour> result = new Result<>();
      TcpBindings.Ear ear =
          new TcpBindings.Ear() {
            @Override
            public void hear(TcpBindings.Request request, StunMessage message) throws IOException {
              discover(
                  machine.onMessage(request.binding(), request.to(), message, RealClock.now()),
                  bindings::send,
                  result);
            }

            @Override
            public void failed(TcpBindings.Request request) throws IOException {
              discover(
                  machine.onUnreachable(request.message().transactionId(), RealClock.now()),
                  bindings::send,
                  result);
            }
          };
      MachineLoop.run(
          bindings.selector(),
          machine::deadline,
          () -> discover(machine.onTimeout(RealClock.now()), bindings::send, result),
          key -> bindings.ready(key, ear));
      return result.value.orElseThrow();
    }
  }

  BindingLifetime.Effect.Found lifetime(List<Duration> waits, boolean proven) throws IOException {
    BindingLifetime machine =
        proven
            ? BindingLifetime.ofConfirmed(waits, random, RealClock.now())
            : BindingLifetime.ofFresh(waits, random, RealClock.now());
    try (UdpBindings bindings = new UdpBindings(local, machine.bindings())) {
      Result<BindingLifetime.Effect.Found> result = new Result<>();
      MachineLoop.run(
          bindings.selector(),
          machine::deadline,
          () -> outlive(machine.onTimeout(RealClock.now()), bindings, result),
          key ->
              bindings.read(
                  key,
                  (binding, from, message) ->
                      outlive(
                          machine.onMessage(binding, message, RealClock.now()), bindings, result)));
      return result.value.orElseThrow();
    }
  }

  private static final class Result<T> {
    Optional<T> value = Optional.empty();
  }

  private interface Sender {
    void send(int binding, InetSocketAddress to, StunMessage message) throws IOException;
  }

  private static void discover(
      List<BehaviourDiscovery.Effect> effects, Sender sender, Result<NatBehaviour> result)
      throws IOException {
    for (BehaviourDiscovery.Effect effect : effects) {
      if (effect instanceof BehaviourDiscovery.Effect.Send send) {
        sender.send(send.binding(), send.to(), send.message());
      } else if (effect instanceof BehaviourDiscovery.Effect.Found found) {
        result.value = Optional.of(found.behaviour());
      }
    }
  }

  private void outlive(
      List<BindingLifetime.Effect> effects,
      UdpBindings bindings,
      Result<BindingLifetime.Effect.Found> result)
      throws IOException {
    for (BindingLifetime.Effect effect : effects) {
      if (effect instanceof BindingLifetime.Effect.Send send) {
        bindings.send(send.binding(), server, send.message());
      } else if (effect instanceof BindingLifetime.Effect.Found found) {
        result.value = Optional.of(found);
      }
    }
  }
}
