package dev.crust.natlab.verify;

import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.SimTcpListener;
import dev.crust.natlab.sim.Simulation;
import dev.crust.natlab.sim.TcpFailure;
import dev.crust.natlab.sim.TcpHandler;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchBudget;
import dev.crust.proto.punch.PunchReport;
import dev.crust.proto.punch.TcpPunch;
import dev.crust.proto.punch.TcpPunch.Failure;
import dev.crust.proto.punch.TcpPunch.TlsRole;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.TransactionId;
import dev.crust.spi.Profile.Outbound;
import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A TCP port that a host listens on and dials from, with the machine that punches from it. One byte
 * each way stands for TLS: the client's is {@value #CLIENT_HELLO}.
 */
final class TraversalTcpPort implements TcpHandler {
  private static final byte CLIENT_HELLO = 0x16;
  private static final byte SERVER_HELLO = 0x17;

  private final Simulation world;
  private final SimHost host;
  private final PunchBudget budget;
  private final SplittableRandom random;
  private final Runnable changed;
  private final SimTcpListener listener;
  private final Map<InetSocketAddress, SimTcpConnection> connections = new HashMap<>();
  private final Map<InetSocketAddress, TlsRole> roles = new HashMap<>();
  private Optional<InetSocketAddress> reflexive = Optional.empty();
  private Optional<TraversalCandidate> path = Optional.empty();
  private Instant connectedAt = Instant.MAX;
  private Runnable whenReady = () -> {};
  private @Nullable TcpPunch machine;
  private boolean roundOver;

  TraversalTcpPort(
      Simulation world,
      SimHost host,
      InetSocketAddress stun,
      PunchBudget budget,
      SplittableRandom random,
      Runnable changed) {
    this.world = world;
    this.host = host;
    this.budget = budget;
    this.random = random;
    this.changed = changed;
    this.listener = host.listenTcp(0, this);
    host.connectTcp(listener.port(), stun, new Learner());
  }

  int number() {
    return listener.port();
  }

  Optional<InetSocketAddress> reflexive() {
    return reflexive;
  }

  boolean ready(Situation facts) {
    return reflexive.isPresent() || facts.tcp().outbound() != Outbound.FREE;
  }

  void whenReady(Runnable action) {
    if (reflexive.isPresent()) {
      action.run();
    } else {
      whenReady = action;
    }
  }

  Optional<TraversalCandidate> path() {
    return path;
  }

  Instant connectedAt() {
    return connectedAt;
  }

  int dials() {
    return machine == null ? 0 : machine.report().packets();
  }

  Optional<PunchReport> report() {
    return Optional.ofNullable(machine).map(TcpPunch::report);
  }

  void close() {
    listener.close();
    connections.values().forEach(SimTcpConnection::abort);
    machine = null;
  }

  /** An ordinary dial, from another port. */
  void dial(InetSocketAddress to) {
    roles.put(to, TlsRole.CLIENT);
    connections.put(to, host.connectTcp(0, to, this));
  }

  void punch(
      Round agreed,
      Plan.Step.Punch step,
      List<TraversalCandidate> targets,
      Set<java.net.InetAddress> vouched) {
    if (machine == null) {
      machine = new TcpPunch(agreed.side(), step, budget, random);
    }
    carryOut(machine.onRound(agreed.number(), agreed.start(), targets, vouched, world.now()));
  }

  Instant deadline() {
    return machine == null ? Instant.MAX : machine.deadline();
  }

  /** Says whether a round has ended without a connection. */
  boolean wake(Instant now) {
    if (machine != null && !now.isBefore(machine.deadline())) {
      carryOut(machine.onTimeout(now));
    }
    boolean over = roundOver;
    roundOver = false;
    return over;
  }

  private void carryOut(List<TcpPunch.Effect> effects) {
    for (TcpPunch.Effect effect : effects) {
      if (effect instanceof TcpPunch.Effect.Dial dial) {
        connections.put(dial.remote(), host.connectTcp(listener.port(), dial.remote(), this));
      } else if (effect instanceof TcpPunch.Effect.Close close) {
        SimTcpConnection connection = connections.remove(close.remote());
        if (connection != null) {
          connection.abort();
        }
      } else if (effect instanceof TcpPunch.Effect.Secure secure) {
        secure(secure.remote(), secure.role());
      } else if (effect instanceof TcpPunch.Effect.Done done) {
        onPath(done.remote());
      } else if (effect instanceof TcpPunch.Effect.RoundOver) {
        roundOver = true;
      }
    }
    changed.run();
  }

  private void secure(InetSocketAddress remote, TlsRole role) {
    roles.put(remote, role);
    SimTcpConnection connection = connections.get(remote);
    if (role == TlsRole.CLIENT && connection != null) {
      connection.write(new byte[] {CLIENT_HELLO});
    }
  }

  private void onPath(TraversalCandidate remote) {
    path = Optional.of(remote);
    connectedAt = world.now();
  }

  @Override
  public void connected(SimTcpConnection connection) {
    InetSocketAddress remote = connection.remote();
    connections.put(remote, connection);
    if (machine == null) {
      if (roles.get(remote) == TlsRole.CLIENT) {
        connection.write(new byte[] {CLIENT_HELLO});
      }
      return;
    }
    carryOut(
        connection.dialled()
            ? machine.onConnected(remote, world.now())
            : machine.onAccepted(remote, world.now()));
  }

  @Override
  public void received(SimTcpConnection connection, byte[] data) {
    InetSocketAddress remote = connection.remote();
    if (data[0] == CLIENT_HELLO) {
      connection.write(new byte[] {SERVER_HELLO});
    }
    if (machine == null) {
      onPath(new TraversalCandidate(Kind.HOST, Protocol.TCP, remote));
    } else {
      carryOut(machine.onSecured(remote, world.now()));
    }
  }

  @Override
  public void failed(SimTcpConnection connection, TcpFailure failure) {
    boolean current = connections.remove(connection.remote(), connection);
    if (machine == null || !current) {
      return;
    }
    Failure why =
        switch (failure) {
          case REFUSED -> Failure.REFUSED;
          case RESET -> Failure.RESET;
          case TIMED_OUT -> Failure.TIMED_OUT;
          case UNREACHABLE -> Failure.UNREACHABLE;
          case IN_USE -> Failure.IN_USE;
        };
    carryOut(machine.onFailed(connection.remote(), why, world.now()));
  }

  /** Asks the STUN server from the port. */
  private final class Learner implements TcpHandler {
    @Override
    public void connected(SimTcpConnection connection) {
      TransactionId id = TransactionId.random(random);
      connection.write(StunCodec.encode(StunMessage.bindingRequest(id)));
    }

    @Override
    public void received(SimTcpConnection connection, byte[] data) {
      try {
        reflexive = StunCodec.decode(data).reflexiveAddress();
        whenReady.run();
      } catch (MalformedMessageException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
