package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.io.PunchPort;
import dev.crust.io.PunchSocket;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.TcpPunch;
import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalMethod.Next;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * TCP simultaneous open with one peer: runs a {@link TcpPunch} from the ports that we listen on. A
 * socket that comes in from where the peer may be waits for its role in TLS, as those do that we
 * have dialled; on the controlled side it then goes the way of every guest, and the {@link
 * TcpPunch} hears when the guest has proven to be the peer. On the control loop.
 */
final class TcpPunching implements OwnMethod.OwnEffort {
  /** As many may come before the round begins. */
  private static final int MAX_EARLY = 8;

  private final LocalSite site;
  private final PeerId peer;
  private final EndpointContext context;
  private final PunchSocket.Ear sockets = new Sockets();
  private final Map<InetSocketAddress, PunchSocket> open = new HashMap<>();
  private final Set<InetSocketAddress> expected = new HashSet<>();
  private final List<PunchSocket> early = new ArrayList<>();
  private @Nullable TcpPunch machine;
  private @Nullable PunchSocket winner;
  private @Nullable Round round;
  private boolean asked;
  private boolean closed;
  private final Alarm alarm;

  TcpPunching(LocalSite site) {
    this.site = site;
    this.peer = site.peer();
    this.context = site.context();
    this.alarm = new Alarm(context);
  }

  /** The peer may dial before we have heard when the round begins. */
  @Override
  public void prepare(Round introduced) {
    asked = true;
    expect(introduced.peer().candidates(Protocol.TCP));
  }

  private void expect(List<TraversalCandidate> from) {
    for (TraversalCandidate each : from) {
      if (!closed && expected.size() < Situation.MAX_CANDIDATES && expected.add(each.address())) {
        context.expected().add(each.address(), sockets);
      }
    }
  }

  private void expectNobody() {
    expected.forEach(each -> context.expected().remove(each, sockets));
    expected.clear();
    early.forEach(PunchSocket::abort);
    early.clear();
  }

  @Override
  public void begin(Round agreed) {
    round = agreed;
    Plan.of(agreed).punchBy(Protocol.TCP).ifPresent(step -> punch(agreed, step));
  }

  private void punch(Round agreed, Plan.Step.Punch step) {
    TcpPunch running = machine;
    if (running == null || winner != null) {
      winner = null;
      running = new TcpPunch(agreed.side(), step, site.all().budget(), new SecureRandom());
      machine = running;
    }
    List<TraversalCandidate> targets = Plan.targets(agreed, Protocol.TCP);
    List<PunchSocket> waiting = List.copyOf(early);
    early.clear();
    asked = false;
    expectNobody();
    expect(targets);
    carryOut(
        running.onRound(
            agreed.number(), agreed.start(), targets, site.all().observed(peer), context.now()));
    waiting.forEach(this::onConnected);
  }

  @Override
  public boolean isSecuring() {
    TcpPunch running = machine;
    return winner != null || (running != null && running.isSecuring());
  }

  /**
   * One by TCP would be better than any other, so what is under way goes on. Who has come before a
   * round that nobody begins is a guest.
   */
  @Override
  public void settle() {
    TcpPunch running = machine;
    if (running == null || running.isIdle()) {
      asked = false;
      List<PunchSocket> guests = List.copyOf(early);
      early.clear();
      expectNobody();
      guests.forEach(PunchSocket::admit);
    }
  }

  @Override
  public boolean isIdle() {
    TcpPunch running = machine;
    return winner == null && (running == null || running.isIdle());
  }

  /** A path that is in use stays. */
  @Override
  public void close() {
    closed = true;
    alarm.stop();
    expectNobody();
    open.values().forEach(PunchSocket::abort);
    open.clear();
    if (winner != null) {
      winner.cancel();
    }
  }

  private void carryOut(List<TcpPunch.Effect> effects) {
    for (TcpPunch.Effect effect : effects) {
      if (effect instanceof TcpPunch.Effect.Dial dial) {
        dial(dial.remote());
      } else if (effect instanceof TcpPunch.Effect.Close close) {
        PunchSocket socket = open.remove(close.remote());
        if (socket != null) {
          socket.abort();
        }
      } else if (effect instanceof TcpPunch.Effect.Secure secure) {
        secure(secure.remote(), secure.role());
      } else if (effect instanceof TcpPunch.Effect.Done done) {
        winner = open.remove(done.remote().address());
        expectNobody();
      } else if (effect instanceof TcpPunch.Effect.RoundOver roundOver) {
        failed(Failing.of(roundOver.report(), Next.WITH_OTHERS));
      }
    }
    schedule();
  }

  private void failed(Failing what) {
    if (round != null) {
      site.failed(round, what);
    }
  }

  private void dial(InetSocketAddress remote) {
    Optional<PunchPort> port = site.all().tcpTowards(remote);
    if (port.isPresent()) {
      context.contacts().onSent(Protocol.TCP, remote.getAddress(), context.now());
      open.put(remote, port.get().dial(remote, sockets));
    } else {
      // Not at once: the machine is still at work.
      context.onControl(() -> onFailed(remote, TcpPunch.Failure.UNREACHABLE));
    }
  }

  private void secure(InetSocketAddress remote, TcpPunch.TlsRole role) {
    PunchSocket socket = open.get(remote);
    if (socket != null) {
      site.course().met(Candidate.tcp(remote));
      socket.secure(
          role,
          peer,
          pipe -> new PeerPath(pipe, context, site.course().fate(reason -> onPathLost())));
    }
  }

  private void onPathLost() {
    if (!closed && winner != null) {
      failed(Failing.of("the way was open, and the peer did not take it", Next.WITH_OTHERS));
    }
  }

  private void onConnected(PunchSocket socket) {
    TcpPunch running = machine;
    InetSocketAddress remote = socket.remote();
    if (socket.dialled() && open.get(remote) != socket) {
      socket.abort();
    } else if (!socket.dialled() && (closed || !expected.contains(remote))) {
      // A guest as any other.
      socket.admit();
    } else if (running == null || running.isIdle()) {
      if (asked && early.size() < MAX_EARLY) {
        early.add(socket);
      } else {
        socket.admit();
      }
    } else {
      PunchSocket before = open.put(remote, socket);
      if (before != null && before != socket) {
        before.abort();
      }
      carryOut(
          socket.dialled()
              ? running.onConnected(remote, context.now())
              : running.onAccepted(remote, context.now()));
    }
  }

  private void onSecured(PunchSocket socket, PeerId who) {
    TcpPunch running = machine;
    InetSocketAddress remote = socket.remote();
    if (closed || running == null) {
      return;
    }
    if (open.get(remote) != socket) {
      // A guest: by the machine's rules on the controlled side alone the peer speaks first.
      if (Side.of(site.self(), peer) == Side.CONTROLLED
          && who.equals(peer)
          && running.expects(remote)) {
        open.put(remote, socket);
        carryOut(running.onAccepted(remote, context.now()));
        carryOut(running.onSecured(remote, context.now()));
      }
    } else if (who.equals(peer)) {
      carryOut(running.onSecured(remote, context.now()));
    } else {
      // On the controlled side: a guest, whose own matter that is.
      open.remove(remote);
      onFailed(remote, TcpPunch.Failure.NOT_THE_PEER);
    }
  }

  private void onFailed(PunchSocket socket, TcpPunch.Failure why) {
    early.remove(socket);
    if (open.remove(socket.remote(), socket)) {
      onFailed(socket.remote(), why);
    }
  }

  private void onFailed(InetSocketAddress remote, TcpPunch.Failure why) {
    TcpPunch running = machine;
    if (!closed && running != null) {
      carryOut(running.onFailed(remote, why, context.now()));
    }
  }

  private void schedule() {
    TcpPunch running = machine;
    if (!closed && running != null) {
      alarm.set(running.deadline(), () -> carryOut(running.onTimeout(context.now())));
    }
  }

  /** Brings what sockets say to the control loop. */
  private final class Sockets implements PunchSocket.Ear {
    @Override
    public void connected(PunchSocket socket) {
      context.onControl(() -> onConnected(socket));
    }

    @Override
    public void secured(PunchSocket socket, PeerId who) {
      context.onControl(() -> onSecured(socket, who));
    }

    @Override
    public void failed(PunchSocket socket, TcpPunch.Failure why) {
      context.onControl(() -> onFailed(socket, why));
    }
  }
}
