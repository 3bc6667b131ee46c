package dev.crust.natlab.verify;

import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.Simulation;
import dev.crust.natlab.sim.TcpFailure;
import dev.crust.natlab.sim.TcpHandler;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.BehaviourDiscovery;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunFramer;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/** Carries out a discovery by TCP: each request is a connection of its own from its binding. */
final class TcpRequests {
  private final Simulation world;
  private final SimHost host;
  private final BehaviourDiscovery machine;
  private final List<InetSocketAddress> locals;
  private Optional<NatBehaviour> found = Optional.empty();

  TcpRequests(
      Simulation world, SimHost host, BehaviourDiscovery machine, List<InetSocketAddress> locals) {
    this.world = world;
    this.host = host;
    this.machine = machine;
    this.locals = locals;
  }

  Optional<NatBehaviour> found() {
    return found;
  }

  void carryOut(List<BehaviourDiscovery.Effect> effects) {
    for (BehaviourDiscovery.Effect effect : effects) {
      if (effect instanceof BehaviourDiscovery.Effect.Send send) {
        host.connectTcp(locals.get(send.binding()).getPort(), send.to(), new Request(send));
      } else if (effect instanceof BehaviourDiscovery.Effect.Found end) {
        found = Optional.of(end.behaviour());
      }
    }
  }

  private final class Request implements TcpHandler {
    private final BehaviourDiscovery.Effect.Send send;
    private final StunFramer framer = new StunFramer();

    Request(BehaviourDiscovery.Effect.Send send) {
      this.send = send;
    }

    @Override
    public void connected(SimTcpConnection connection) {
      connection.write(StunCodec.encode(send.message()));
    }

    @Override
    public void received(SimTcpConnection connection, byte[] data) {
      try {
        for (byte[] bytes : framer.onBytes(data)) {
          carryOut(
              machine.onMessage(send.binding(), send.to(), StunCodec.decode(bytes), world.now()));
        }
      } catch (MalformedMessageException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void failed(SimTcpConnection connection, TcpFailure failure) {
      carryOut(machine.onUnreachable(send.message().transactionId(), world.now()));
    }
  }
}
