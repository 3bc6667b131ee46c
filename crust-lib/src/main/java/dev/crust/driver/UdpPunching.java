package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Reason;
import dev.crust.Transport;
import dev.crust.io.Outgoing;
import dev.crust.io.UdpPort;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchPacket;
import dev.crust.proto.punch.UdpPunch;
import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalMethod.Next;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * UDP hole punching with one peer: runs an {@link UdpPunch} from the ports that QUIC has; when
 * packets pass both ways, the controlling side dials QUIC there. On the control loop.
 */
final class UdpPunching implements OwnMethod.OwnEffort {
  /** More places than this a peer cannot be at. */
  private static final int MAX_PORTS = 64;

  private final LocalSite site;
  private final EndpointContext context;
  private final Map<InetSocketAddress, UdpPort> ports = new HashMap<>();
  private final Alarm alarm;
  private @Nullable UdpPunch machine;
  private @Nullable Round round;
  private boolean opened;
  private boolean redialled;
  private boolean over;

  UdpPunching(LocalSite site) {
    this.site = site;
    this.context = site.context();
    this.alarm = new Alarm(context);
  }

  @Override
  public void prepare(Round introduced) {
    carryOut(
        machine(introduced)
            .onIntroduced(
                introduced.number(),
                Plan.targets(introduced, Protocol.UDP),
                site.all().observed(site.peer()),
                context.now()));
  }

  @Override
  public void begin(Round agreed) {
    ignore();
    round = agreed;
    site.all().packets().listen(agreed.token(), this);
    Plan.of(agreed).punchBy(Protocol.UDP).ifPresent(step -> punch(agreed, step));
  }

  private void punch(Round agreed, Plan.Step.Punch step) {
    carryOut(
        machine(agreed)
            .onRound(
                agreed.number(),
                agreed.start(),
                step,
                Plan.targets(agreed, Protocol.UDP),
                site.all().observed(site.peer()),
                context.now()));
  }

  private UdpPunch machine(Round of) {
    UdpPunch begun = machine;
    if (begun == null || opened || !begun.token().equals(of.token())) {
      opened = false;
      begun =
          new UdpPunch(
              of.side(), of.token(), context.opener(), site.all().budget(), new SecureRandom());
      machine = begun;
    }
    return begun;
  }

  /** No more is to be sent; what was dialled is about to become a path, or not. */
  @Override
  public void close() {
    over = true;
    alarm.stop();
    ignore();
  }

  private void ignore() {
    if (round != null) {
      site.all().packets().ignore(round.token(), this);
    }
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
        failed(Failing.of(roundOver.report(), Next.AT_ONCE));
      }
    }
    schedule();
  }

  /** Sooner than TCP, so another round does not wait for that. */
  private void failed(Failing what) {
    if (round != null) {
      site.failed(round, what);
    }
  }

  private void send(InetSocketAddress to, PunchPacket packet) {
    portTowards(to).ifPresent(port -> port.send(packet.encode(), to));
  }

  private Optional<UdpPort> portTowards(InetSocketAddress remote) {
    context.contacts().onSent(Protocol.UDP, remote.getAddress(), context.now());
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
      site.course().met(Candidate.quic(from));
    }
    carryOut(running.onPacket(from, packet, context.now()));
  }

  private void onOpen(TraversalCandidate remote) {
    opened = true;
    site.course().met(Candidate.quic(remote.address()));
    if (Side.of(site.self(), site.peer()) == Side.CONTROLLING) {
      portTowards(remote.address()).ifPresent(port -> dial(port, remote.address()));
    }
  }

  private void dial(UdpPort port, InetSocketAddress remote) {
    Outgoing dial =
        port.dial(
            remote,
            site.peer(),
            Results.DIAL_PATIENCE,
            pipe ->
                new PeerPath(
                    pipe,
                    context,
                    site.course().fate(reason -> onDialFailed(port, remote, reason))));
    site.keep(Transport.QUIC, dial);
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
      failed(Failing.of("the way was open, and QUIC got no answer", Next.AT_ONCE));
    }
  }

  private void schedule() {
    UdpPunch running = machine;
    if (!over && running != null) {
      alarm.set(running.deadline(), () -> carryOut(running.onTimeout(context.now())));
    }
  }
}
