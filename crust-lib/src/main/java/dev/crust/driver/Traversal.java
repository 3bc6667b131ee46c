package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Outgoing;
import dev.crust.io.UdpPort;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.nat.Protocol;
import dev.crust.proto.nat.TraversalCandidate;
import dev.crust.proto.punch.Agreement;
import dev.crust.proto.punch.Introduction;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchPacket;
import dev.crust.proto.punch.PunchReport;
import dev.crust.proto.punch.PunchToken;
import dev.crust.proto.punch.Side;
import dev.crust.proto.punch.UdpPunch;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a direct path to one peer together with that peer: an {@link Introduction}, and what
 * its {@link Plan} says. On the control loop.
 *
 * <table>
 * <caption>What happens when</caption>
 * <tr><th>event</th><th>what is done</th></tr>
 * <tr><td>it begins, and we are controlling</td><td>our situation is found out, then offered</td></tr>
 * <tr><td>the peer offers</td><td>our situation is found out, then answered</td></tr>
 * <tr><td>agreed: punch by UDP</td><td>a round of it</td></tr>
 * <tr><td>agreed: dial by UDP, and we are to dial</td><td>QUIC is dialled</td></tr>
 * <tr><td>a round fails, and we are controlling</td><td>the next is offered; after three the
 * failure is told, and after a while all begins anew</td></tr>
 * <tr><td>packets pass, and we are controlling</td><td>QUIC is dialled there</td></tr>
 * </table>
 */
final class Traversal {
  /** For whom a path is looked for. */
  interface Course {
    /** Carries a signal to the peer. */
    void send(byte[] signal);

    /**
     * What becomes of a path that is dialled.
     *
     * @param failed hears, on the control loop, why it has come to nothing
     */
    PeerPath.Fate fate(Consumer<Reason> failed);

    /** The peer can be met there, now and for a while. */
    void met(InetSocketAddress there);

    /** No path was found. */
    void failed(String sentence, List<Attempt> attempts);
  }

  private static final Duration DIAL_PATIENCE = Duration.ofSeconds(4);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);
  private static final int MAX_DIALS = 4;

  /** More places than this a peer cannot be at. */
  private static final int MAX_PORTS = 64;

  private final PeerId peer;
  private final EndpointContext context;
  private final Traversals all;
  private final Course course;
  private final Side side;
  private final Introduction introduction;
  private final Map<InetSocketAddress, UdpPort> ports = new HashMap<>();
  private final List<Outgoing> dials = new ArrayList<>();
  private Optional<Agreement> agreement = Optional.empty();
  private @Nullable UdpPunch udp;
  private boolean opened;
  private boolean redialled;
  private boolean told;
  private boolean over;
  private Duration pause = FIRST_PAUSE;
  private @Nullable Future<?> timer;
  private @Nullable Future<?> later;

  Traversal(PeerId peer, EndpointContext context, Traversals all, Course course) {
    this.peer = peer;
    this.context = context;
    this.all = all;
    this.course = course;
    this.side = Side.of(context.self(), peer);
    this.introduction = new Introduction(context.self(), peer, context::sign, new SecureRandom());
  }

  /** A direct path is wanted. One side asks, and each finds out where it stands meanwhile. */
  void begin() {
    if (side == Side.CONTROLLING) {
      ask();
    } else {
      all.nat().prepare();
    }
  }

  /** Asks the peer to look for a path together. */
  void ask() {
    all.nat()
        .whenKnown(
            () -> {
              if (!over) {
                run(introduction.offer(all.situation(), context.now()));
              }
            });
  }

  /** Nothing is wanted any more. What was dialled and has become a path stays. */
  void end() {
    rest();
    dials.forEach(Outgoing::cancel);
    dials.clear();
  }

  /** Nothing more is to be done; what was dialled is about to become a path, or not. */
  void rest() {
    over = true;
    stop(timer);
    stop(later);
    forgetToken();
  }

  private static void stop(@Nullable Future<?> task) {
    if (task != null) {
      task.cancel(false);
    }
  }

  /** A signal of the peer's has come, whoever carried it. */
  void onSignal(byte[] signal) throws MalformedMessageException {
    run(introduction.onSignal(signal, context.now()));
  }

  private void run(List<Introduction.Effect> effects) {
    for (Introduction.Effect effect : effects) {
      if (effect instanceof Introduction.Effect.Send send) {
        course.send(send.signal());
      } else if (effect instanceof Introduction.Effect.Asked asked) {
        if (asked.round() > 1) {
          all.nat().doubt();
        }
        all.nat().whenKnown(this::accept);
      } else if (effect instanceof Introduction.Effect.Introduced introduced) {
        onIntroduced(introduced);
      } else if (effect instanceof Introduction.Effect.Agreed agreed) {
        onAgreed(agreed.agreement());
      } else if (effect instanceof Introduction.Effect.Failed failed) {
        giveUp("the peer did not agree on a way to punch: " + failed.why(), List.of());
      }
    }
    schedule();
  }

  private void accept() {
    if (!over) {
      run(introduction.accept(all.situation(), context.now()));
    }
  }

  private void onIntroduced(Introduction.Effect.Introduced introduced) {
    List<TraversalCandidate> targets = introduced.punched(Protocol.UDP);
    if (!targets.isEmpty()) {
      carryOut(
          punchWith(introduced.token())
              .onIntroduced(introduced.round(), targets, all.observed(peer), context.now()));
    }
  }

  private void onAgreed(Agreement agreed) {
    forgetToken();
    agreement = Optional.of(agreed);
    all.listen(agreed.token(), this);
    Plan plan = agreed.plan();
    Plan.Step step = plan.step(Protocol.UDP);
    if (step instanceof Plan.Step.Punch punch) {
      punch(agreed, punch);
    } else if (plan.relayReason(side).isPresent()) {
      giveUp(plan.relayReason(side).get(), List.of());
    } else if (step instanceof Plan.Step.Dial dial && dial.dialler() == side) {
      dialTargets(agreed);
      giveUpLater(plan);
    } else {
      giveUpLater(plan);
    }
  }

  /**
   * A handshake is more than a probe, so it goes to where somebody of our choice sees the peer; on
   * the peer's word alone, to one address.
   */
  private void dialTargets(Agreement agreed) {
    Set<InetAddress> seen = all.observed(peer);
    agreed.targets(Protocol.UDP).stream()
        .map(TraversalCandidate::address)
        .filter(target -> seen.isEmpty() || seen.contains(target.getAddress()))
        .limit(seen.isEmpty() ? 1 : MAX_DIALS)
        .forEach(target -> portTowards(target).ifPresent(port -> dial(port, target)));
  }

  /** What can be dialled is dialled now, by us or by the peer. */
  private void giveUpLater(Plan plan) {
    stop(later);
    String obstacle = plan.obstacle(Protocol.UDP, side).map(it -> ", and " + it).orElse("");
    later =
        context.at(
            context.now().plus(DIAL_PATIENCE.multipliedBy(2)),
            context.control(),
            () -> giveUp("what can be dialled did not answer" + obstacle, List.of()));
  }

  private void punch(Agreement agreed, Plan.Step.Punch step) {
    carryOut(
        punchWith(agreed.token())
            .onRound(
                agreed.round(),
                agreed.start(),
                step,
                agreed.targets(Protocol.UDP),
                all.observed(peer),
                context.now()));
    schedule();
  }

  private UdpPunch punchWith(PunchToken token) {
    UdpPunch machine = udp;
    if (machine == null || opened || !machine.token().equals(token)) {
      opened = false;
      machine = new UdpPunch(side, token, context.opener(), all.budget(), new SecureRandom());
      udp = machine;
    }
    return machine;
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
      } else if (effect instanceof UdpPunch.Effect.RoundOver over) {
        onRoundOver(over.report());
      }
    }
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
    UdpPunch machine = udp;
    if (over || machine == null) {
      return;
    }
    if (ports.size() < MAX_PORTS) {
      ports.put(from, port);
    }
    if (ports.containsKey(from)) {
      course.met(from);
    }
    carryOut(machine.onPacket(from, packet, context.now()));
    schedule();
  }

  private void onOpen(TraversalCandidate remote) {
    opened = true;
    course.met(remote.address());
    if (side == Side.CONTROLLING) {
      portTowards(remote.address()).ifPresent(port -> dial(port, remote.address()));
    }
  }

  private void dial(UdpPort port, InetSocketAddress remote) {
    Outgoing dial =
        port.dial(
            remote,
            peer,
            DIAL_PATIENCE,
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
      nextRound("the way was open, and QUIC got no answer", List.of());
    }
  }

  private void onRoundOver(PunchReport report) {
    nextRound(report.sentence(), attempts(report));
  }

  private void nextRound(String sentence, List<Attempt> attempts) {
    int round = agreement.map(Agreement::round).orElse(Plan.ROUNDS);
    if (round >= Plan.ROUNDS) {
      giveUp(sentence, attempts);
    } else if (side == Side.CONTROLLING) {
      all.nat().doubt();
      ask();
    }
  }

  private static List<Attempt> attempts(PunchReport report) {
    return report.tries().stream()
        .map(
            each ->
                new Attempt(
                    Candidate.quic(each.candidate().address()),
                    Path.Method.PUNCHED,
                    each.began(),
                    each.ended(),
                    Attempt.Outcome.FAILED,
                    Optional.of(Reason.TIMEOUT),
                    "%s, %d packets".formatted(each.outcome(), each.packets())))
        .toList();
  }

  private void giveUp(String sentence, List<Attempt> attempts) {
    if (over) {
      return;
    }
    forgetToken();
    if (!told) {
      told = true;
      course.failed(sentence, attempts);
    }
    if (side == Side.CONTROLLING && !over) {
      stop(later);
      later = context.at(context.now().plus(pause), context.control(), this::ask);
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }
  }

  private void forgetToken() {
    agreement.ifPresent(it -> all.ignore(it.token(), this));
  }

  private void schedule() {
    stop(timer);
    timer = null;
    UdpPunch machine = udp;
    Instant due = introduction.deadline();
    if (machine != null && machine.deadline().isBefore(due)) {
      due = machine.deadline();
    }
    if (!over && !due.equals(Instant.MAX)) {
      timer = context.at(due, context.control(), this::onTimeout);
    }
  }

  private void onTimeout() {
    UdpPunch machine = udp;
    if (machine != null) {
      carryOut(machine.onTimeout(context.now()));
    }
    run(introduction.onTimeout(context.now()));
  }
}
