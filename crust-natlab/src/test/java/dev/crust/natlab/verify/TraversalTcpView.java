package dev.crust.natlab.verify;

import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.Simulation;
import dev.crust.natlab.sim.TcpHandler;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.nat.PortEvidence;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.TransactionId;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** Asks observers by STUN over TCP where they see the port that a host listens on. */
final class TraversalTcpView {
  /** Whoever is silent for so long will not be waited for: a driver's patience. */
  private static final Duration PATIENCE = Duration.ofMillis(900);

  /** Nor, once one has answered, for longer than this. */
  private static final Duration LATE = Duration.ofMillis(400);

  private final Simulation world;
  private final SimHost host;
  private final int port;
  private final List<InetSocketAddress> observers;
  private final SplittableRandom random;
  private final Runnable settled;
  private final List<SimTcpConnection> lines = new ArrayList<>();
  private Map<InetSocketAddress, InetSocketAddress> seen = new LinkedHashMap<>();
  private boolean known;
  private int round;

  TraversalTcpView(
      Simulation world,
      SimHost host,
      int port,
      List<InetSocketAddress> observers,
      SplittableRandom random,
      Runnable settled) {
    this.world = world;
    this.host = host;
    this.port = port;
    this.observers = observers;
    this.random = random;
    this.settled = settled;
  }

  int port() {
    return port;
  }

  boolean known() {
    return known;
  }

  /** What was seen last; silence tells nothing, since many a STUN server speaks no TCP. */
  PortEvidence evidence() {
    return new PortEvidence(new InetSocketAddress(host.ipv4(), port), seen, 0, Optional.empty());
  }

  /** Asks anew. Lines of the time before would bar the way to the same observers. */
  void look() {
    lines.forEach(SimTcpConnection::abort);
    lines.clear();
    known = false;
    seen = new LinkedHashMap<>();
    int mine = ++round;
    observers.forEach(each -> lines.add(host.connectTcp(port, each, new Question(mine))));
    finish(mine, PATIENCE);
  }

  private void finish(int number, Duration wait) {
    world.after(
        wait,
        () -> {
          if (number == round && !known) {
            known = true;
            settled.run();
          }
        });
  }

  private final class Question implements TcpHandler {
    private final int number;

    Question(int number) {
      this.number = number;
    }

    @Override
    public void connected(SimTcpConnection connection) {
      TransactionId id = TransactionId.random(random);
      connection.write(StunCodec.encode(StunMessage.bindingRequest(id)));
    }

    @Override
    public void received(SimTcpConnection connection, byte[] data) {
      try {
        StunCodec.decode(data)
            .reflexiveAddress()
            .ifPresent(where -> seen.put(connection.remote(), where));
        finish(number, seen.size() == observers.size() ? Duration.ZERO : LATE);
      } catch (MalformedMessageException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
