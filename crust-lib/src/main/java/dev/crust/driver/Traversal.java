package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.UdpPort;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Introduction;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.PunchPacket;
import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks for a direct path to one peer together with that peer: an {@link Introduction}, and what
 * its {@link Plan} says, by all protocols at once. On the control loop.
 *
 * <table>
 * <caption>What happens when</caption>
 * <tr><th>event</th><th>what is done</th></tr>
 * <tr><td>it begins, and we are controlling</td><td>our situation is found out, then offered</td></tr>
 * <tr><td>the peer offers</td><td>our situation is found out, then answered</td></tr>
 * <tr><td>introduced, with UDP to be punched</td><td>our mappings are opened, before the signal that
 * follows</td></tr>
 * <tr><td>agreed: punch</td><td>a round of {@link UdpPunching}, {@link TcpPunching}</td></tr>
 * <tr><td>agreed: dial, and we are to dial</td><td>the peer's addresses are dialled</td></tr>
 * <tr><td>a round fails by UDP, or by all protocols, and we are controlling</td><td>the next is
 * offered; after three the failure is told when all have failed, and after a while all begins
 * anew</td></tr>
 * </table>
 */
final class Traversal implements Punching.Ear {
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
    void met(Candidate there);

    /** No path was found. */
    void failed(String sentence, List<Attempt> attempts);
  }

  /** As long has a dial. */
  static final Duration DIAL_PATIENCE = Duration.ofSeconds(4);

  /** As long may that take which is under way when a path was found: a round by TCP, and TLS. */
  private static final Duration WIND_DOWN = Duration.ofSeconds(10);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(30);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

  private final PeerId peer;
  private final EndpointContext context;
  private final Traversals all;
  private final Course course;
  private final Side side;
  private final Introduction introduction;
  private final UdpPunching udp;
  private final TcpPunching tcp;
  private Optional<Round> agreement = Optional.empty();

  /** By what there may still be a path in this round. */
  private final Set<Protocol> hopes = EnumSet.noneOf(Protocol.class);

  private final List<Punching> failures = new ArrayList<>();
  private boolean told;
  private boolean over;
  private Duration pause = FIRST_PAUSE;
  private final Alarm timer;
  private final Alarm later;

  Traversal(PeerId peer, EndpointContext context, Traversals all, Course course) {
    this.peer = peer;
    this.context = context;
    this.all = all;
    this.course = course;
    this.side = Side.of(context.self(), peer);
    this.introduction = new Introduction(context.self(), peer, context::sign, new SecureRandom());
    this.udp = new UdpPunching(peer, context, all, course, side, this);
    this.tcp = new TcpPunching(peer, context, all, course, side, this);
    this.timer = new Alarm(context);
    this.later = new Alarm(context);
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
    stopLooking();
    udp.cancel();
    tcp.close();
    all.ended(peer, this);
  }

  /** There is a direct path. One by TCP would be better still, so what is under way goes on. */
  void settle() {
    udp.cancel();
    rest();
  }

  /**
   * Nothing more is to be done; what was dialled is about to become a path, or not. It ends when
   * that has been decided.
   */
  void rest() {
    stopLooking();
    tcp.rest();
    if (udp.isIdle() && tcp.isIdle()) {
      end();
    } else {
      later.set(context.now().plus(WIND_DOWN), this::end);
    }
  }

  private void stopLooking() {
    over = true;
    timer.stop();
    later.stop();
    udp.rest();
    forgetToken();
  }

  /** Whether it looks for nothing any more, though something may still be under way. */
  boolean isOver() {
    return over;
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
        onAsked(asked);
      } else if (effect instanceof Introduction.Effect.Introduced introduced) {
        if (!over) {
          udp.open(introduced.round());
        }
      } else if (effect instanceof Introduction.Effect.Agreed agreed) {
        onAgreed(agreed.round());
      } else if (effect instanceof Introduction.Effect.Failed failed) {
        giveUp("the peer did not agree on a way to punch: " + failed.why(), List.of());
      }
    }
    schedule();
  }

  private void onAsked(Introduction.Effect.Asked asked) {
    if (asked.round() > 1) {
      all.nat().doubt();
    }
    if (!over) {
      all.begun(peer, this);
      tcp.expect(asked.peer());
    }
    all.nat().whenKnown(this::accept);
  }

  private void accept() {
    if (!over) {
      run(introduction.accept(all.situation(), context.now()));
    }
  }

  private void onAgreed(Round agreed) {
    if (over) {
      return;
    }
    all.begun(peer, this);
    forgetToken();
    later.stop();
    hopes.clear();
    failures.clear();
    agreement = Optional.of(agreed);
    all.listen(agreed.token(), this);
    Plan plan = Plan.of(agreed);
    if (plan.relayReason(side).isPresent()) {
      giveUp(plan.relayReason(side).get(), List.of());
      return;
    }
    for (Plan.Step step : plan.steps()) {
      if (!(step instanceof Plan.Step.NoWay)) {
        hopes.add(step.protocol());
      }
    }
    plan.punchBy(Protocol.UDP).ifPresent(step -> udp.punch(agreed, step));
    plan.punchBy(Protocol.TCP).ifPresent(step -> tcp.punch(agreed, step));
    dial(agreed, plan);
  }

  /** What can be dialled is dialled now, by us or by the peer. */
  private void dial(Round agreed, Plan plan) {
    List<Plan.Step.Dial> dials =
        plan.steps().stream()
            .flatMap(step -> step instanceof Plan.Step.Dial it ? Stream.of(it) : Stream.empty())
            .toList();
    for (Plan.Step.Dial step : dials) {
      if (step.dialler() == side && step.protocol() == Protocol.UDP) {
        udp.dialTargets(agreed);
      } else if (step.dialler() == side) {
        tcp.dialTargets(agreed);
      }
    }
    if (!dials.isEmpty()) {
      Instant end = context.now().plus(DIAL_PATIENCE.multipliedBy(2));
      later.set(end, () -> onDialsOver(dials));
    }
  }

  private void onDialsOver(List<Plan.Step.Dial> dials) {
    for (Plan.Step.Dial step : dials) {
      failed(Punching.of(step.protocol(), "what can be dialled did not answer"));
    }
  }

  /** A punch packet with our token has come. */
  void onPacket(UdpPort port, InetSocketAddress from, PunchPacket packet) {
    if (!over) {
      udp.onPacket(port, from, packet);
    }
  }

  /** UDP fails sooner, and its next round need not wait for TCP, which then has one, too. */
  @Override
  public void failed(Punching what) {
    if (over || !hopes.remove(what.protocol())) {
      return;
    }
    failures.add(what);
    boolean last = agreement.map(Round::number).orElse(Plan.ROUNDS) >= Plan.ROUNDS;
    boolean waits = last || what.protocol() == Protocol.TCP || tcp.isSecuring();
    if (!hopes.isEmpty() && waits) {
      return;
    }
    boolean punched =
        agreement.stream()
            .anyMatch(it -> Plan.of(it).steps().stream().anyMatch(Traversal::isPunch));
    if (last || !punched) {
      String obstacles =
          agreement.stream()
              .flatMap(it -> Stream.of(Protocol.values()).map(by -> Plan.of(it).obstacle(by, side)))
              .flatMap(Optional::stream)
              .map(obstacle -> ", and " + obstacle)
              .collect(Collectors.joining());
      giveUp(
          failures.stream().map(Punching::sentence).distinct().collect(Collectors.joining("; "))
              + obstacles,
          failures.stream().flatMap(each -> each.attempts().stream()).toList());
    } else if (side == Side.CONTROLLING) {
      all.nat().doubt();
      ask();
    }
  }

  private static boolean isPunch(Plan.Step step) {
    return step instanceof Plan.Step.Punch;
  }

  private void giveUp(String sentence, List<Attempt> attempts) {
    if (over) {
      return;
    }
    forgetToken();
    tcp.expectNobody();
    if (!told) {
      told = true;
      course.failed(sentence, attempts);
    }
    if (side == Side.CONTROLLING && !over) {
      later.set(context.now().plus(pause), this::ask);
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }
  }

  private void forgetToken() {
    agreement.ifPresent(it -> all.ignore(it.token(), this));
  }

  private void schedule() {
    if (!over) {
      timer.set(introduction.deadline(), () -> run(introduction.onTimeout(context.now())));
    }
  }
}
