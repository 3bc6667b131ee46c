package dev.crust.natlab.verify;

import dev.crust.PeerId;
import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.Simulation;
import dev.crust.natlab.sim.TcpHandler;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Introducer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** An introducer on a public host: whoever dials says who it is, and then what is to be carried. */
final class TraversalIntroducer implements TcpHandler {
  /** A port that even the most closed network lets out to. */
  static final int PORT = 443;

  private final Simulation world;
  private final Introducer machine;
  private final Map<PeerId, SimTcpConnection> peers = new HashMap<>();
  private final Map<SimTcpConnection, PeerId> names = new HashMap<>();
  private final Map<SimTcpConnection, FramedLine> lines = new HashMap<>();

  TraversalIntroducer(Simulation world, SimHost host, PeerId self) {
    this.world = world;
    this.machine = new Introducer(self);
    host.listenTcp(PORT, this);
  }

  /** Whether a peer has said who it is. */
  boolean knows(PeerId peer) {
    return peers.containsKey(peer);
  }

  @Override
  public void connected(SimTcpConnection connection) {
    lines.put(connection, new FramedLine(this::onFrame));
  }

  @Override
  public void received(SimTcpConnection connection, byte[] data) {
    FramedLine line = lines.get(connection);
    if (line != null) {
      line.received(connection, data);
    }
  }

  private void onFrame(SimTcpConnection connection, byte[] body) {
    PeerId from = names.get(connection);
    if (from == null) {
      PeerId name = PeerId.of(body);
      names.put(connection, name);
      peers.put(name, connection);
      return;
    }
    try {
      Introducer.Effect effect =
          machine.onIntroduce(
              from,
              body,
              Optional.of(connection.remote().getAddress()),
              peers::containsKey,
              world.now());
      if (effect instanceof Introducer.Effect.Forward forward) {
        SimTcpConnection to = peers.get(forward.to());
        if (to != null) {
          to.write(FramedLine.frame(forward.body()));
        }
      } else if (effect instanceof Introducer.Effect.Refuse refuse) {
        throw new IllegalStateException("refused: " + refuse.why());
      }
    } catch (MalformedMessageException e) {
      throw new IllegalStateException(e);
    }
  }
}
