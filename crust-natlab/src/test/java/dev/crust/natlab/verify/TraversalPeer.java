package dev.crust.natlab.verify;

import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.SimUdpSocket;
import dev.crust.natlab.sim.Simulation;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Carried;
import dev.crust.proto.punch.Introduction;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchBudget;
import dev.crust.proto.punch.PunchPacket;
import dev.crust.proto.punch.PunchReport;
import dev.crust.proto.punch.UdpPunch;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.TransactionId;
import dev.crust.spi.Profile;
import dev.crust.spi.Protocol;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint of the simulator that does what a driver does: one socket for each protocol, a
 * connection to an introducer, and the machines of a traversal with one peer.
 */
final class TraversalPeer {
  private static final byte DIAL = (byte) 0xc0;
  private static final byte DIALLED = (byte) 0xc1;
  private static final int OPENER_TTL = 2;
  private static final int STUN_TRIES = 10;
  private static final Duration STUN_PAUSE = Duration.ofMillis(500);

  private final Simulation world;
  private final SimHost host;
  private final InetSocketAddress stun;
  private final PeerId peer;
  private final Situation facts;
  private final Set<Protocol> allowed;
  private final SplittableRandom random;
  private final PunchBudget budget = new PunchBudget();
  private final Introduction introduction;
  private final SimTcpConnection line;
  private final SimUdpSocket socket;
  private final UdpPunch.Opener opener;
  private final Set<InetAddress> vouched = new HashSet<>();
  private Optional<InetSocketAddress> udpReflexive = Optional.empty();
  private TraversalTcpPort port;
  private Optional<Round> round = Optional.empty();
  private @Nullable UdpPunch udp;
  private Optional<TraversalCandidate> udpPath = Optional.empty();
  private Optional<String> failure = Optional.empty();
  private Instant connectedAt = Instant.MAX;
  private int udpSent;
  private int timer;

  TraversalPeer(
      Simulation world,
      SimHost host,
      Identity identity,
      PeerId peer,
      Situation facts,
      Set<Protocol> allowed,
      UdpPunch.Opener opener,
      long seed) {
    this.world = world;
    this.host = host;
    this.peer = peer;
    this.facts = facts;
    this.allowed = allowed;
    this.opener = opener;
    this.random = new SplittableRandom(seed);
    this.stun = new InetSocketAddress(world.host("stun").ipv4(), 3478);
    this.introduction = new Introduction(identity.peerId(), peer, identity::sign, random);
    this.socket = host.openUdp(0, this::onDatagram);
    this.port = newPort();
    askStun(STUN_TRIES);
    InetSocketAddress introducer =
        new InetSocketAddress(stun.getAddress(), TraversalIntroducer.PORT);
    this.line = host.connectTcp(0, introducer, new FramedLine((connection, body) -> onFrame(body)));
    line.write(FramedLine.frame(identity.peerId().bytes()));
  }

  private TraversalTcpPort newPort() {
    return new TraversalTcpPort(world, host, stun, budget, random, this::rearm);
  }

  private void askStun(int tries) {
    if (udpReflexive.isEmpty() && tries > 0) {
      byte[] request = StunCodec.encode(StunMessage.bindingRequest(TransactionId.random(random)));
      socket.send(stun, request);
      world.after(STUN_PAUSE, () -> askStun(tries - 1));
    }
  }

  /** Asks for a traversal. */
  void connect() {
    carryOut(introduction.offer(situation(), world.now()));
  }

  /** Where we may be met now, with the facts that are known. */
  private Situation situation() {
    List<TraversalCandidate> candidates = new ArrayList<>();
    for (InetAddress each : host.addresses()) {
      candidates.add(
          candidate(Kind.HOST, Protocol.UDP, new InetSocketAddress(each, socket.port())));
      candidates.add(
          candidate(Kind.HOST, Protocol.TCP, new InetSocketAddress(each, port.number())));
    }
    udpReflexive.ifPresent(
        each -> candidates.add(candidate(Kind.SERVER_REFLEXIVE, Protocol.UDP, each)));
    port.reflexive()
        .ifPresent(each -> candidates.add(candidate(Kind.SERVER_REFLEXIVE, Protocol.TCP, each)));
    return new Situation(facts.udp(), facts.tcp(), candidates);
  }

  private static TraversalCandidate candidate(
      Kind kind, Protocol protocol, InetSocketAddress address) {
    return new TraversalCandidate(kind, protocol, address);
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
        Runnable accept = () -> carryOut(introduction.accept(situation(), world.now()));
        if (asked.round() > 1 && !connected(Protocol.TCP)) {
          renew(accept);
        } else {
          accept.run();
        }
      } else if (effect instanceof Introduction.Effect.Introduced introduced) {
        onIntroduced(introduced.round());
      } else if (effect instanceof Introduction.Effect.Agreed agreed) {
        onAgreed(agreed.round());
      } else if (effect instanceof Introduction.Effect.Failed failed) {
        failure = Optional.of("introduction: " + failed.why());
      }
    }
    rearm();
  }

  /** Another port with its mapping learnt, for the next round. */
  private void renew(Runnable then) {
    port.close();
    port = newPort();
    boolean[] done = {false};
    Runnable once =
        () -> {
          if (!done[0]) {
            done[0] = true;
            then.run();
          }
        };
    port.whenReady(once);
    world.after(Duration.ofMillis(500), once);
  }

  private void onIntroduced(Round introduced) {
    List<TraversalCandidate> targets = Plan.targets(introduced, Protocol.UDP);
    if (allowed.contains(Protocol.UDP) && Plan.of(introduced).punchBy(Protocol.UDP).isPresent()) {
      UdpPunch machine = udpPunch(introduced.side(), introduced.token());
      onUdp(machine.onIntroduced(introduced.number(), targets, vouched, world.now()));
    }
  }

  private UdpPunch udpPunch(Side side, PunchToken token) {
    if (udp == null) {
      udp = new UdpPunch(side, token, opener, budget, random);
    }
    return udp;
  }

  private void onAgreed(Round agreed) {
    round = Optional.of(agreed);
    Plan plan = Plan.of(agreed);
    for (Plan.Step step : plan.steps()) {
      if (!allowed.contains(step.protocol())) {
        continue;
      }
      List<TraversalCandidate> targets = Plan.targets(agreed, step.protocol());
      if (step instanceof Plan.Step.Dial dial && dial.dialler() == agreed.side()) {
        targets.forEach(this::dial);
      } else if (step instanceof Plan.Step.Punch punch && step.protocol() == Protocol.UDP) {
        UdpPunch machine = udpPunch(agreed.side(), agreed.token());
        onUdp(
            machine.onRound(agreed.number(), agreed.start(), punch, targets, vouched, world.now()));
      } else if (step instanceof Plan.Step.Punch punch) {
        port.punch(agreed, punch, targets, vouched);
      }
    }
    rearm();
  }

  private void dial(TraversalCandidate target) {
    if (target.protocol() == Protocol.UDP) {
      sendUdp(target.address(), new byte[] {DIAL});
    } else {
      port.dial(target.address());
    }
  }

  private void sendUdp(InetSocketAddress to, byte[] bytes) {
    udpSent++;
    socket.send(to, bytes);
  }

  private void onUdp(List<UdpPunch.Effect> effects) {
    for (UdpPunch.Effect effect : effects) {
      if (effect instanceof UdpPunch.Effect.Send send) {
        sendUdp(send.to(), send.packet().encode());
      } else if (effect instanceof UdpPunch.Effect.SendOpener send) {
        udpSent++;
        socket.send(send.to(), send.packet().encode(), OPENER_TTL);
      } else if (effect instanceof UdpPunch.Effect.Open open) {
        onUdpPath(open.remote());
      } else if (effect instanceof UdpPunch.Effect.RoundOver) {
        nextRound();
      }
    }
    rearm();
  }

  private void onUdpPath(TraversalCandidate remote) {
    if (udpPath.isEmpty()) {
      udpPath = Optional.of(remote);
      connectedAt = world.now();
    }
  }

  private void nextRound() {
    boolean further =
        round.filter(a -> a.number() < Plan.ROUNDS && a.side() == Side.CONTROLLING).isPresent();
    if (further && !connected()) {
      renew(this::connect);
    }
  }

  private void onDatagram(InetSocketAddress from, byte[] data) {
    try {
      if (StunCodec.looksLikeStun(data)) {
        udpReflexive = StunCodec.decode(data).reflexiveAddress();
      } else if (PunchPacket.looksLikePunch(data)) {
        PunchPacket packet = PunchPacket.decode(data);
        if (udp != null) {
          onUdp(udp.onPacket(from, packet, world.now()));
        }
      } else if (data[0] == DIAL) {
        onUdpPath(candidate(Kind.PEER_REFLEXIVE, Protocol.UDP, from));
        sendUdp(from, new byte[] {DIALLED});
      } else if (data[0] == DIALLED) {
        onUdpPath(candidate(Kind.PEER_REFLEXIVE, Protocol.UDP, from));
      }
    } catch (MalformedMessageException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One timer at a time, for the machine that is due first. */
  private void rearm() {
    int mine = ++timer;
    Instant due = earliest(introduction::deadline, port::deadline);
    if (udp != null && udp.deadline().isBefore(due)) {
      due = udp.deadline();
    }
    if (!due.equals(Instant.MAX)) {
      Duration wait = Duration.between(world.now(), due);
      world.after(wait.isNegative() ? Duration.ZERO : wait, () -> wake(mine));
    }
  }

  @SafeVarargs
  private static Instant earliest(Supplier<Instant>... deadlines) {
    Instant earliest = Instant.MAX;
    for (Supplier<Instant> each : deadlines) {
      earliest = each.get().isBefore(earliest) ? each.get() : earliest;
    }
    return earliest;
  }

  private void wake(int mine) {
    if (mine != timer) {
      return;
    }
    Instant now = world.now();
    if (!now.isBefore(introduction.deadline())) {
      carryOut(introduction.onTimeout(now));
    }
    if (udp != null && !now.isBefore(udp.deadline())) {
      onUdp(udp.onTimeout(now));
    }
    if (port.wake(now)) {
      nextRound();
    }
    rearm();
  }

  /** Whether all that we are to know before is known, or cannot be. */
  boolean ready() {
    boolean udpReady = udpReflexive.isPresent() || facts.udp().equals(Profile.BLOCKED);
    return line.established() && udpReady && port.ready(facts);
  }

  boolean connected(Protocol protocol) {
    return protocol == Protocol.UDP ? udpPath.isPresent() : port.path().isPresent();
  }

  boolean connected() {
    return allowed.stream().allMatch(this::connected);
  }

  Optional<TraversalCandidate> path(Protocol protocol) {
    return protocol == Protocol.UDP ? udpPath : port.path();
  }

  Optional<Round> round() {
    return round;
  }

  Instant connectedAt() {
    return port.connectedAt().isBefore(connectedAt) ? port.connectedAt() : connectedAt;
  }

  /** Packets of UDP and dials of TCP that the traversal has cost. */
  int spent() {
    return udpSent + port.dials();
  }

  /** What happened, for people. */
  String explanation() {
    List<String> parts = new ArrayList<>();
    failure.ifPresent(parts::add);
    round.ifPresent(a -> parts.add("round " + a.number() + " " + Plan.of(a).steps()));
    if (udp != null) {
      parts.add(udp.report().sentence());
    }
    port.report().map(PunchReport::sentence).ifPresent(parts::add);
    return host + ": " + String.join("; ", parts);
  }
}
