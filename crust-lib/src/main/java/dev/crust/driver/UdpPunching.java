package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Outgoing;
import dev.crust.io.UdpPort;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchPacket;
import dev.crust.proto.punch.UdpPunch;
import dev.crust.spi.Protocol;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalCandidate;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A traversal by UDP: runs an {@link UdpPunch} from the ports that QUIC has; when packets pass both
 * ways, the controlling side dials QUIC there. On the control loop.
 */
final class UdpPunching {
  private static final int MAX_DIALS = Traversals.MAX_DIALS;

  /** More places than this a peer cannot be at. */
  private static final int MAX_PORTS = 64;

  private final PeerId peer;
  private final EndpointContext context;
  private final Traversals all;
  private final Traversal.Course course;
  private final Side side;
  private final Punching.Ear ear;
  private final Map<InetSocketAddress, UdpPort> ports = new HashMap<>();
  private final List<Outgoing> dials = new ArrayList<>();
  private @Nullable UdpPunch machine;
  private boolean opened;
  private boolean redialled;
  private boolean over;
  private final Alarm alarm;

  UdpPunching(
      PeerId peer,
      EndpointContext context,
      Traversals all,
      Traversal.Course course,
      Side side,
      Punching.Ear ear) {
    this.peer = peer;
    this.context = context;
    this.all = all;
    this.course = course;
    this.side = side;
    this.ear = ear;
    this.alarm = new Alarm(context);
  }

  /** A round is about to be agreed on. */
  void open(Round introduced) {
    if (Plan.of(introduced).punchBy(Protocol.UDP).isPresent()) {
      carryOut(
          machine(introduced.token())
              .onIntroduced(
                  introduced.number(),
                  Plan.targets(introduced, Protocol.UDP),
                  all.observed(peer),
                  context.now()));
    }
  }

  /** A round was agreed on. */
  void punch(Round agreed, Plan.Step.Punch step) {
    carryOut(
        machine(agreed.token())
            .onRound(
                agreed.number(),
                agreed.start(),
                step,
                Plan.targets(agreed, Protocol.UDP),
                all.observed(peer),
                context.now()));
  }

  private UdpPunch machine(PunchToken token) {
    UdpPunch begun = machine;
    if (begun == null || opened || !begun.token().equals(token)) {
      opened = false;
      begun = new UdpPunch(side, token, context.opener(), all.budget(), new SecureRandom());
      machine = begun;
    }
    return begun;
  }

  /** Dials QUIC at once. */
  void dialTargets(Round agreed) {
    for (InetSocketAddress target : all.dialable(peer, Plan.targets(agreed, Protocol.UDP))) {
      portTowards(target).ifPresent(port -> dial(port, target));
    }
  }

  /** No more is to be sent. */
  void rest() {
    over = true;
    alarm.stop();
  }

  /** Whether nothing was dialled that may become a path. */
  boolean isIdle() {
    return dials.isEmpty();
  }

  /** What was dialled is not needed any more, unless it has become a path. */
  void cancel() {
    dials.forEach(Outgoing::cancel);
    dials.clear();
  }

  private void carryOut(List<UdpPunch.Effect> effects) {
    for (UdpPunch.Effect effect : effects) {
      if (effect instanceof UdpPunch.Effect.Send send) {
        send(send.to(), send.packet());
      } else if (effect instanceof UdpPunch.Effect.SendOpener send) {
        portTowards(send.to())
            .ifPresent(port -> port.sendOpener(send.packet().encode(), send.to()));
      } else if (effect instanceof UdpPunch.Effect.Open open) {
        onOpen(open.remote());
      } else if (effect instanceof UdpPunch.Effect.RoundOver roundOver) {
        ear.failed(Punching.of(roundOver.report()));
      }
    }
    schedule();
  }

  private void send(InetSocketAddress to, PunchPacket packet) {
    portTowards(to).ifPresent(port -> port.send(packet.encode(), to));
  }

  private Optional<UdpPort> portTowards(InetSocketAddress remote) {
    UdpPort known = ports.get(remote);
    if (known == null && ports.size() < MAX_PORTS) {
      known = context.udpTowards(remote).orElse(null);
      if (known != null) {
        ports.put(remote, known);
      }
    }
    return Optional.ofNullable(known);
  }

  /** A punch packet with our token has come. */
  void onPacket(UdpPort port, InetSocketAddress from, PunchPacket packet) {
    UdpPunch running = machine;
    if (over || running == null) {
      return;
    }
    if (ports.size() < MAX_PORTS) {
      ports.put(from, port);
    }
    if (ports.containsKey(from)) {
      course.met(Candidate.quic(from));
    }
    carryOut(running.onPacket(from, packet, context.now()));
  }

  private void onOpen(TraversalCandidate remote) {
    opened = true;
    course.met(Candidate.quic(remote.address()));
    if (side == Side.CONTROLLING) {
      portTowards(remote.address()).ifPresent(port -> dial(port, remote.address()));
    }
  }

  private void dial(UdpPort port, InetSocketAddress remote) {
    Outgoing dial =
        port.dial(
            remote,
            peer,
            Traversal.DIAL_PATIENCE,
            pipe ->
                new PeerPath(
                    pipe, context, course.fate(reason -> onDialFailed(port, remote, reason))));
    if (dials.size() >= MAX_DIALS) {
      dials.remove(0).cancel();
    }
    dials.add(dial);
  }

  /**
   * The way that was punched has closed again, or the peer has left; unless it has only not heard
   * yet of the connection, which has come up by a relay meanwhile.
   */
  private void onDialFailed(UdpPort port, InetSocketAddress remote, Reason reason) {
    if (!over && reason == Reason.DUPLICATE && !redialled) {
      redialled = true;
      dial(port, remote);
    } else if (!over && opened) {
      ear.failed(Punching.of(Protocol.UDP, "the way was open, and QUIC got no answer"));
    }
  }

  private void schedule() {
    UdpPunch running = machine;
    if (!over && running != null) {
      alarm.set(running.deadline(), () -> carryOut(running.onTimeout(context.now())));
    }
  }
}
