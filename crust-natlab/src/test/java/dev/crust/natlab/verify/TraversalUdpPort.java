package dev.crust.natlab.verify;

import dev.crust.natlab.sim.DatagramHandler;
import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimUdpSocket;
import dev.crust.natlab.sim.Simulation;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchBudget;
import dev.crust.proto.punch.PunchPacket;
import dev.crust.proto.punch.PunchReport;
import dev.crust.proto.punch.UdpPunch;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.spi.Protocol;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A UDP port of a host, with the machine that punches from it. One byte stands for a dial. */
final class TraversalUdpPort implements DatagramHandler {
  private static final byte DIAL = (byte) 0xc0;
  private static final byte DIALLED = (byte) 0xc1;
  private static final int OPENER_TTL = 2;

  /** As QUIC does whose first packet is lost. */
  private static final Duration DIAL_PAUSE = Duration.ofMillis(300);

  private static final int DIALS = 8;

  private final Simulation world;
  private final UdpPunch.Opener opener;
  private final PunchBudget budget;
  private final SplittableRandom random;
  private final PunchLedger ledger;
  private final Runnable changed;
  private final SimUdpSocket socket;
  private Consumer<StunMessage> stun = message -> {};
  private Optional<TraversalCandidate> path = Optional.empty();
  private Instant since = Instant.MAX;
  private @Nullable UdpPunch machine;
  private boolean roundOver;

  TraversalUdpPort(
      Simulation world,
      SimHost host,
      UdpPunch.Opener opener,
      PunchBudget budget,
      SplittableRandom random,
      PunchLedger ledger,
      Runnable changed) {
    this.world = world;
    this.opener = opener;
    this.budget = budget;
    this.random = random;
    this.ledger = ledger;
    this.changed = changed;
    this.socket = host.openUdp(0, this);
  }

  int number() {
    return socket.port();
  }

  /** Who hears what STUN servers say. */
  void hearStun(Consumer<StunMessage> ear) {
    stun = ear;
  }

  void sendStun(InetSocketAddress to, StunMessage message) {
    socket.send(to, StunCodec.encode(message));
  }

  Optional<TraversalCandidate> path() {
    return path;
  }

  /** Since when there is a path. */
  Instant since() {
    return since;
  }

  Optional<PunchReport> report() {
    return Optional.ofNullable(machine).map(UdpPunch::report);
  }

  void open(Round introduced, Set<InetAddress> vouched) {
    if (Plan.of(introduced).punchBy(Protocol.UDP).isPresent()) {
      List<TraversalCandidate> targets = Plan.targets(introduced, Protocol.UDP);
      UdpPunch begun = machine(introduced.side(), introduced.token());
      carryOut(begun.onIntroduced(introduced.number(), targets, vouched, world.now()));
    }
  }

  void punch(
      Round agreed,
      Plan.Step.Punch step,
      List<TraversalCandidate> targets,
      Set<InetAddress> vouched) {
    UdpPunch begun = machine(agreed.side(), agreed.token());
    carryOut(begun.onRound(agreed.number(), agreed.start(), step, targets, vouched, world.now()));
  }

  private UdpPunch machine(Side side, PunchToken token) {
    UdpPunch begun = machine;
    if (begun == null || path.isPresent()) {
      // If a further round is wanted the peer has none, so this one has closed.
      begun = new UdpPunch(side, token, opener, budget, random);
      machine = begun;
    }
    return begun;
  }

  void dial(InetSocketAddress to) {
    dial(to, DIALS);
  }

  private void dial(InetSocketAddress to, int tries) {
    if (path.isEmpty() && tries > 0) {
      send(to, new byte[] {DIAL});
      world.after(DIAL_PAUSE, () -> dial(to, tries - 1));
    }
  }

  private void send(InetSocketAddress to, byte[] bytes) {
    ledger.sent(Protocol.UDP, to);
    socket.send(to, bytes);
  }

  Instant deadline() {
    return machine == null ? Instant.MAX : machine.deadline();
  }

  /** Says whether a round has ended without a path. */
  boolean wake(Instant now) {
    if (machine != null && !now.isBefore(machine.deadline())) {
      carryOut(machine.onTimeout(now));
    }
    boolean over = roundOver;
    roundOver = false;
    return over;
  }

  private void carryOut(List<UdpPunch.Effect> effects) {
    for (UdpPunch.Effect effect : effects) {
      if (effect instanceof UdpPunch.Effect.Send send) {
        send(send.to(), send.packet().encode());
      } else if (effect instanceof UdpPunch.Effect.SendOpener send) {
        ledger.sent(Protocol.UDP, send.to());
        socket.send(send.to(), send.packet().encode(), OPENER_TTL);
      } else if (effect instanceof UdpPunch.Effect.Open open) {
        onPath(open.remote());
      } else if (effect instanceof UdpPunch.Effect.RoundOver) {
        roundOver = true;
      }
    }
    changed.run();
  }

  private void onPath(TraversalCandidate remote) {
    if (path.isEmpty()) {
      path = Optional.of(remote);
      since = world.now();
    }
  }

  @Override
  public void received(InetSocketAddress from, byte[] data) {
    try {
      if (StunCodec.looksLikeStun(data)) {
        stun.accept(StunCodec.decode(data));
      } else if (PunchPacket.looksLikePunch(data)) {
        onPunch(from, PunchPacket.decode(data));
      } else {
        onPath(new TraversalCandidate(Kind.PEER_REFLEXIVE, Protocol.UDP, from));
        ledger.answered(from);
        if (data[0] == DIAL) {
          send(from, new byte[] {DIALLED});
        }
      }
    } catch (MalformedMessageException e) {
      throw new IllegalStateException(e);
    }
  }

  private void onPunch(InetSocketAddress from, PunchPacket packet)
      throws MalformedMessageException {
    if (machine != null) {
      if (packet.kind() != PunchPacket.Kind.PROBE) {
        ledger.answered(from);
      }
      carryOut(machine.onPacket(from, packet, world.now()));
    }
  }
}
