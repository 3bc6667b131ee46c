package dev.crust.natlab.verify;

import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.SimTcpListener;
import dev.crust.natlab.sim.Simulation;
import dev.crust.natlab.sim.TcpFailure;
import dev.crust.natlab.sim.TcpHandler;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchBudget;
import dev.crust.proto.punch.PunchReport;
import dev.crust.proto.punch.TcpPunch;
import dev.crust.proto.punch.TcpPunch.Failure;
import dev.crust.proto.punch.TcpPunch.TlsRole;
import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
  private final PunchLedger ledger;
  private final Runnable changed;
  private final SimTcpListener listener;
  private final Map<InetSocketAddress, SimTcpConnection> connections = new HashMap<>();
  private final Map<InetSocketAddress, TlsRole> roles = new HashMap<>();
  private final Map<SimTcpConnection, List<byte[]>> early = new LinkedHashMap<>();
  private Optional<TraversalCandidate> path = Optional.empty();
  private Instant since = Instant.MAX;
  private @Nullable TcpPunch machine;
  private boolean expecting;
  private boolean roundOver;

  TraversalTcpPort(
      Simulation world,
      SimHost host,
      PunchBudget budget,
      SplittableRandom random,
      PunchLedger ledger,
      Runnable changed) {
    this.world = world;
    this.host = host;
    this.budget = budget;
    this.random = random;
    this.ledger = ledger;
    this.changed = changed;
    this.listener = host.listenTcp(0, this);
  }

  int number() {
    return listener.port();
  }

  Optional<TraversalCandidate> path() {
    return path;
  }

  /** Since when there is a path. */
  Instant since() {
    return since;
  }

  Optional<PunchReport> report() {
    return Optional.ofNullable(machine).map(TcpPunch::report);
  }

  /** The peer is about to punch, and may begin before we have heard when: whoever comes waits. */
  void expect() {
    expecting = true;
  }

  /** Nobody punches. */
  void expectNobody() {
    expecting = false;
    takeEarly();
  }

  private void takeEarly() {
    Map<SimTcpConnection, List<byte[]>> waiting = new LinkedHashMap<>(early);
    early.clear();
    waiting.forEach(
        (connection, data) -> {
          connected(connection);
          data.forEach(each -> received(connection, each));
        });
  }

  /** An ordinary dial, from another port. */
  void dial(InetSocketAddress to) {
    roles.put(to, TlsRole.CLIENT);
    ledger.sent(Protocol.TCP, to);
    connections.put(to, host.connectTcp(0, to, this));
  }

  void punch(
      Round agreed,
      Plan.Step.Punch step,
      List<TraversalCandidate> targets,
      Set<InetAddress> vouched) {
    if (machine == null) {
      machine = new TcpPunch(agreed.side(), step, budget, random);
    }
    carryOut(machine.onRound(agreed.number(), agreed.start(), targets, vouched, world.now()));
    takeEarly();
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
        ledger.sent(Protocol.TCP, dial.remote());
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
    if (path.isEmpty()) {
      path = Optional.of(remote);
      since = world.now();
    }
  }

  @Override
  public void connected(SimTcpConnection connection) {
    if (expecting && machine == null && !connection.dialled()) {
      early.put(connection, new ArrayList<>());
      return;
    }
    InetSocketAddress remote = connection.remote();
    connections.put(remote, connection);
    ledger.answered(remote);
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
    List<byte[]> waiting = early.get(connection);
    if (waiting != null) {
      waiting.add(data);
      return;
    }
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
    early.remove(connection);
    if (failure == TcpFailure.REFUSED || failure == TcpFailure.RESET) {
      ledger.refused(connection.remote());
    }
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
}
