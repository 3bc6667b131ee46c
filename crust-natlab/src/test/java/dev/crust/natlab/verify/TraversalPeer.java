package dev.crust.natlab.verify;

import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.Simulation;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Carried;
import dev.crust.proto.punch.Introduction;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchBudget;
import dev.crust.proto.punch.PunchReport;
import dev.crust.proto.punch.UdpPunch;
import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalCandidate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * An endpoint of the simulator that does what a driver does: one port for each protocol, a view of
 * what stands before it, a connection to an introducer, and the machines of a traversal with one
 * peer.
 */
final class TraversalPeer {
  private final Simulation world;
  private final SimHost host;
  private final PeerId peer;
  private final Set<Protocol> allowed;
  private final Duration lag;
  private final Introduction introduction;
  private final SimTcpConnection line;
  private final PunchLedger ledger = new PunchLedger();
  private final TraversalUdpPort udp;
  private final TraversalTcpPort tcp;
  private final TraversalView view;
  private final Set<InetAddress> vouched = new HashSet<>();
  private Optional<Round> round = Optional.empty();
  private Optional<String> failure = Optional.empty();
  private int timer;

  /**
   * One that connects to the introducer and looks around.
   *
   * @param lag how long it takes to see a signal that has come
   */
  TraversalPeer(
      Simulation world,
      SimHost host,
      Identity identity,
      PeerId peer,
      Set<Protocol> allowed,
      UdpPunch.Opener opener,
      Duration lag,
      long seed) {
    this.world = world;
    this.host = host;
    this.peer = peer;
    this.allowed = allowed;
    this.lag = lag;
    SplittableRandom random = new SplittableRandom(seed);
    PunchBudget budget = new PunchBudget();
    List<InetSocketAddress> observers =
        world.host("stun").addresses().stream().map(ip -> new InetSocketAddress(ip, 3478)).toList();
    this.introduction = new Introduction(identity.peerId(), peer, identity::sign, random);
    this.udp = new TraversalUdpPort(world, host, opener, budget, random, ledger, this::rearm);
    this.tcp = new TraversalTcpPort(world, host, budget, random, ledger, this::rearm);
    this.view = new TraversalView(world, host, udp, tcp, observers, random);
    view.look(() -> {});
    InetSocketAddress introducer =
        new InetSocketAddress(observers.get(0).getAddress(), TraversalIntroducer.PORT);
    this.line = host.connectTcp(0, introducer, new FramedLine((connection, body) -> hear(body)));
    line.write(FramedLine.frame(identity.peerId().bytes()));
  }

  /** Asks for a traversal. */
  void connect() {
    carryOut(introduction.offer(view.situation(), world.now()));
  }

  private void hear(byte[] body) {
    if (lag.isZero()) {
      onFrame(body);
    } else {
      world.after(lag, () -> onFrame(body));
    }
  }

  private void onFrame(byte[] body) {
    try {
      if (Carried.read(body) instanceof Carried.FromPeer carried && carried.from().equals(peer)) {
        carried.observed().ifPresent(vouched::add);
        carryOut(introduction.onSignal(carried.signal(), world.now()));
      }
    } catch (MalformedMessageException e) {
      throw new IllegalStateException(e);
    }
  }

  private void carryOut(List<Introduction.Effect> effects) {
    for (Introduction.Effect effect : effects) {
      if (effect instanceof Introduction.Effect.Send send) {
        line.write(FramedLine.frame(Carried.ask(peer, send.signal())));
      } else if (effect instanceof Introduction.Effect.Asked asked) {
        onAsked(asked.round());
      } else if (effect instanceof Introduction.Effect.Introduced introduced) {
        if (allowed.contains(Protocol.UDP)) {
          udp.open(introduced.round(), vouched);
        }
      } else if (effect instanceof Introduction.Effect.Agreed agreed) {
        onAgreed(agreed.round());
      } else if (effect instanceof Introduction.Effect.Failed failed) {
        failure = Optional.of("introduction: " + failed.why());
      }
    }
    rearm();
  }

  private void onAsked(int round) {
    tcp.expect();
    Runnable accept = () -> carryOut(introduction.accept(view.situation(), world.now()));
    if (round > 1) {
      view.look(accept);
    } else {
      accept.run();
    }
  }

  private void onAgreed(Round agreed) {
    round = Optional.of(agreed);
    Plan plan = Plan.of(agreed);
    if (plan.punchBy(Protocol.TCP).isEmpty()) {
      tcp.expectNobody();
    }
    for (Plan.Step step : plan.steps()) {
      if (!allowed.contains(step.protocol())) {
        continue;
      }
      List<TraversalCandidate> targets = Plan.targets(agreed, step.protocol());
      if (step instanceof Plan.Step.Dial dial && dial.dialler() == agreed.side()) {
        targets.forEach(this::dial);
      } else if (step instanceof Plan.Step.Punch punch && step.protocol() == Protocol.UDP) {
        udp.punch(agreed, punch, targets, vouched);
      } else if (step instanceof Plan.Step.Punch punch) {
        tcp.punch(agreed, punch, targets, vouched);
      }
    }
    rearm();
  }

  private void dial(TraversalCandidate target) {
    if (target.protocol() == Protocol.UDP) {
      udp.dial(target.address());
    } else {
      tcp.dial(target.address());
    }
  }

  private void nextRound() {
    boolean further =
        round.filter(a -> a.number() < Plan.ROUNDS && a.side() == Side.CONTROLLING).isPresent();
    boolean hoping = hopes().stream().anyMatch(protocol -> path(protocol).isEmpty());
    if (further && hoping) {
      view.look(this::connect);
    }
  }

  /** One timer at a time, for the machine that is due first. */
  private void rearm() {
    int mine = ++timer;
    Instant due = introduction.deadline();
    for (Instant each : List.of(udp.deadline(), tcp.deadline())) {
      due = each.isBefore(due) ? each : due;
    }
    if (!due.equals(Instant.MAX)) {
      Duration wait = Duration.between(world.now(), due);
      world.after(wait.isNegative() ? Duration.ZERO : wait, () -> wake(mine));
    }
  }

  private void wake(int mine) {
    if (mine != timer) {
      return;
    }
    Instant now = world.now();
    if (!now.isBefore(introduction.deadline())) {
      carryOut(introduction.onTimeout(now));
    }
    boolean overByUdp = udp.wake(now);
    boolean overByTcp = tcp.wake(now);
    if (overByUdp || overByTcp) {
      nextRound();
    }
    rearm();
  }

  /** Whether all that we are to know before is known, or cannot be. */
  boolean ready() {
    return line.established() && view.known();
  }

  /** By what there may be a path, as planned; none before. */
  Set<Protocol> hopes() {
    Set<Protocol> hopes = EnumSet.noneOf(Protocol.class);
    for (Protocol protocol : allowed) {
      if (round.isPresent() && !(Plan.of(round.get()).step(protocol) instanceof Plan.Step.NoWay)) {
        hopes.add(protocol);
      }
    }
    return hopes;
  }

  Optional<TraversalCandidate> path(Protocol protocol) {
    return protocol == Protocol.UDP ? udp.path() : tcp.path();
  }

  /** Since when there is a path by a protocol. */
  Instant since(Protocol protocol) {
    return protocol == Protocol.UDP ? udp.since() : tcp.since();
  }

  Optional<Round> round() {
    return round;
  }

  /** What was sent in order to punch or dial. */
  PunchLedger ledger() {
    return ledger;
  }

  /** What happened, for people. */
  String explanation() {
    List<String> parts = new ArrayList<>();
    failure.ifPresent(parts::add);
    round.ifPresent(a -> parts.add("round " + a.number() + " " + Plan.of(a).steps()));
    udp.report().map(PunchReport::sentence).ifPresent(parts::add);
    tcp.report().map(PunchReport::sentence).ifPresent(parts::add);
    return host + ": " + String.join("; ", parts);
  }
}
