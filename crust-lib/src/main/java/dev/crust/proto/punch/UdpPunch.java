package dev.crust.proto.punch;

import dev.crust.proto.punch.PunchReport.Outcome;
import dev.crust.spi.Protocol;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * UDP hole punching with one peer (RFC 5128 §3.3): probes to all its addresses from the socket that
 * carries QUIC, at an agreed time; what comes back counts from wherever it comes, if it carries the
 * token and echoes a nonce.
 *
 * <p>Before it answers or fixes that time, each side opens its mappings by packets that die on the
 * way, where it can. So no probe comes to a router that knows nothing of it yet, however badly the
 * two agree on the time: that of Linux would give our port to itself then, and another to us.
 *
 * <table>
 * <caption>Transitions</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>idle</td><td>{@link #onIntroduced}</td><td>SendOpener</td><td>idle</td></tr>
 * <tr><td>idle</td><td>{@link #onRound}</td><td>–</td><td>probing</td></tr>
 * <tr><td>any but open</td><td>a probe with the token</td><td>Send of an answer</td><td>same</td></tr>
 * <tr><td>probing</td><td>a probe is due</td><td>Send</td><td>probing</td></tr>
 * <tr><td>probing, settling</td><td>a probe from an address that nobody has told</td><td>Send of an
 * answer, and of probes if no confirmation comes</td><td>same</td></tr>
 * <tr><td>probing</td><td>an address echoes our nonce</td><td>–</td><td>settling</td></tr>
 * <tr><td>settling</td><td>it was the best, or no better one in a short while</td><td>Open</td><td>open</td></tr>
 * <tr><td>probing</td><td>the round's time is over</td><td>RoundOver</td><td>idle</td></tr>
 * <tr><td>open</td><td>a probe or answer with the token</td><td>Send, so that the peer knows too</td><td>open</td></tr>
 * </table>
 */
public final class UdpPunch {
  /** Whether mappings are opened by packets that die on the way before probes follow. */
  public enum Opener {
    /** A packet to each address whose TTL ends before the peer's router. */
    LOW_TTL,
    /** Probes only. */
    NONE
  }

  /** What is to be done. */
  public sealed interface Effect {
    /** Send a punch packet from the shared socket. */
    record Send(InetSocketAddress to, PunchPacket packet) implements Effect {}

    /** Send it with a TTL so low that it leaves our network and does not reach the peer's. */
    record SendOpener(InetSocketAddress to, PunchPacket packet) implements Effect {}

    /** Packets pass both ways: the controlling side is to dial QUIC there. */
    record Open(TraversalCandidate remote, Duration roundTrip, PunchReport report)
        implements Effect {}

    /** Nothing came back in this round. */
    record RoundOver(PunchReport report) implements Effect {}
  }

  private enum State {
    IDLE,
    PROBING,
    SETTLING,
    OPEN
  }

  /** When probes follow each other in a round, from its start. */
  private static final List<Duration> SCHEDULE =
      List.of(
          Duration.ZERO,
          Duration.ofMillis(40),
          Duration.ofMillis(120),
          Duration.ofMillis(280),
          Duration.ofMillis(600));

  /** As many probes does an answer spare, to where the peer has come from unexpectedly. */
  private static final int ANSWERED = 2;

  /** A better address that works answers within this time of a worse one. */
  private static final Duration SETTLING_TIME = Duration.ofMillis(20);

  private static final Duration HELD_BACK = Duration.ofMillis(10);
  private static final int MAX_PEER_REFLEXIVE = 16;

  /** Answers are for a peer who has not heard ours: more than this only a flood needs. */
  private static final int MAX_ANSWERS = 128;

  private static final class Pair {
    final long nonce;
    TraversalCandidate remote;
    int packets;
    int probes;
    Instant due = Instant.MAX;
    Instant began = Instant.MAX;
    Instant sent = Instant.MAX;
    Instant ended = Instant.MAX;
    Optional<Duration> roundTrip = Optional.empty();
    Outcome outcome = Outcome.OPEN;

    Pair(TraversalCandidate remote, long nonce) {
      this.remote = remote;
      this.nonce = nonce;
    }
  }

  private final Side self;
  private final PunchToken token;
  private final Opener opener;
  private final PunchBudget budget;
  private final RandomGenerator random;
  private final Map<InetSocketAddress, Pair> pairs = new LinkedHashMap<>();
  private Set<InetAddress> vouched = Set.of();
  private State state = State.IDLE;
  private int round;
  private Instant start = Instant.MAX;
  private Instant firstStart = Instant.MAX;
  private Instant end = Instant.MAX;
  private int flows;
  private int answers;
  private long ignored;

  /** One that waits for its first round. */
  public UdpPunch(
      Side self, PunchToken token, Opener opener, PunchBudget budget, RandomGenerator random) {
    this.self = self;
    this.token = token;
    this.opener = opener;
    this.budget = budget;
    this.random = random;
  }

  /** The token that our packets carry. */
  public PunchToken token() {
    return token;
  }

  /** How many packets were not ours, or came from too many places. */
  public long ignored() {
    return ignored;
  }

  /**
   * Where the peer is to be punched is known, and the round not agreed on yet.
   *
   * @param number the round's number, from 1
   * @param targets the peer's addresses, best first
   * @param vouched where introducers of our choice have seen the peer
   */
  public List<Effect> onIntroduced(
      int number, List<TraversalCandidate> targets, Set<InetAddress> vouched, Instant now) {
    List<Effect> effects = new ArrayList<>();
    if (opener == Opener.NONE || state == State.OPEN || state == State.SETTLING) {
      return effects;
    }
    this.vouched = Set.copyOf(vouched);
    round = Math.max(round, number);
    for (TraversalCandidate each : targets) {
      Pair pair = pairs.computeIfAbsent(each.address(), key -> pair(each));
      if (pair.packets == 0 && pays(pair, now)) {
        effects.add(new Effect.SendOpener(each.address(), packet(PunchPacket.Kind.PROBE, pair, 0)));
      }
    }
    return effects;
  }

  /**
   * A round was agreed on.
   *
   * @param number its number, from 1
   * @param agreed when both begin
   * @param step what was planned
   * @param targets the peer's addresses, best first
   * @param vouched where introducers of our choice have seen the peer
   */
  public List<Effect> onRound(
      int number,
      Instant agreed,
      Plan.Step.Punch step,
      List<TraversalCandidate> targets,
      Set<InetAddress> vouched,
      Instant now) {
    if (state == State.OPEN || state == State.SETTLING) {
      return List.of();
    }
    this.vouched = Set.copyOf(vouched);
    round = number;
    start = agreed.plus(step.delay(self, number));
    firstStart = firstStart.equals(Instant.MAX) ? start : firstStart;
    end = agreed.plus(step.lead()).plus(step.round());
    state = State.PROBING;
    for (TraversalCandidate each : targets) {
      // A probe from there may have come before we were told of it.
      pairs.computeIfAbsent(each.address(), key -> pair(each)).remote = each;
    }
    for (Pair each : pairs.values()) {
      each.probes = 0;
      each.due = start;
      each.outcome = Outcome.OPEN;
    }
    return onTimeout(now);
  }

  private Pair pair(TraversalCandidate remote) {
    return new Pair(remote, random.nextLong());
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    if (state == State.IDLE || state == State.OPEN) {
      return Instant.MAX;
    }
    Instant earliest = end;
    for (Pair each : pairs.values()) {
      earliest = each.due.isBefore(earliest) ? each.due : earliest;
    }
    return earliest;
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    List<Effect> effects = new ArrayList<>();
    if (state == State.IDLE || state == State.OPEN) {
      return effects;
    }
    if (!now.isBefore(end)) {
      over(now, effects);
      return effects;
    }
    for (Pair each : pairs.values()) {
      if (!now.isBefore(each.due)) {
        probe(each, now, effects);
      }
    }
    return effects;
  }

  private void over(Instant now, List<Effect> effects) {
    if (state == State.SETTLING) {
      open(best(), effects);
      return;
    }
    state = State.IDLE;
    for (Pair each : pairs.values()) {
      each.due = Instant.MAX;
      if (each.outcome == Outcome.OPEN) {
        each.outcome = Outcome.SILENT;
        each.ended = now;
      }
    }
    effects.add(new Effect.RoundOver(report()));
  }

  private void probe(Pair pair, Instant now, List<Effect> effects) {
    if (!pays(pair, now)) {
      boolean spent = pair.packets > 0 || limit(pair) == 0;
      pair.outcome = spent ? Outcome.BUDGET_SPENT : pair.outcome;
      pair.due = spent ? Instant.MAX : now.plus(HELD_BACK);
      return;
    }
    effects.add(new Effect.Send(pair.remote.address(), packet(PunchPacket.Kind.PROBE, pair, 0)));
    pair.probes++;
    pair.due = pair.probes < SCHEDULE.size() ? start.plus(SCHEDULE.get(pair.probes)) : Instant.MAX;
    // A round that began late does not send all its probes at once.
    pair.due = pair.due.isAfter(now) ? pair.due : now.plus(HELD_BACK);
  }

  /** Strangers get a part of their packets in the first round and one more in each further one. */
  private int limit(Pair pair) {
    if (vouched.contains(pair.remote.address().getAddress())) {
      return PunchBudget.VOUCHED_PACKETS;
    }
    return Math.max(0, PunchBudget.STRANGER_PACKETS - Math.max(0, Plan.ROUNDS - round));
  }

  private boolean pays(Pair pair, Instant now) {
    InetAddress ip = pair.remote.address().getAddress();
    boolean fresh = pair.packets == 0;
    boolean paid = fresh ? budget.opens(ip, limit(pair), now) : budget.sends(ip, limit(pair), now);
    if (paid) {
      flows += fresh ? 1 : 0;
      pair.packets++;
      pair.began = fresh ? now : pair.began;
      pair.sent = now;
    }
    return paid;
  }

  private PunchPacket packet(PunchPacket.Kind kind, Pair pair, long echo) {
    return new PunchPacket(kind, self, Math.max(1, round), token, pair.nonce, echo);
  }

  /** A punch packet came in; one with another token is for another traversal, or forged. */
  public List<Effect> onPacket(InetSocketAddress from, PunchPacket packet, Instant now) {
    List<Effect> effects = new ArrayList<>();
    if (!packet.token().equals(token) || packet.sender() == self) {
      ignored++;
      return effects;
    }
    Pair pair = pairs.get(from);
    boolean unexpected = pair == null;
    if (pair == null) {
      if (packet.kind() != PunchPacket.Kind.PROBE || peerReflexive() >= MAX_PEER_REFLEXIVE) {
        ignored++;
        return effects;
      }
      pair = pair(new TraversalCandidate(Kind.PEER_REFLEXIVE, Protocol.UDP, from));
      pairs.put(from, pair);
    }
    boolean echoed = packet.kind() != PunchPacket.Kind.PROBE && packet.echo() == pair.nonce;
    if (packet.kind() == PunchPacket.Kind.PROBE) {
      reply(PunchPacket.Kind.ANSWER, pair, packet, now, effects);
      if (unexpected && pair.packets > 0 && (state == State.PROBING || state == State.SETTLING)) {
        // The answer stands for the first probes. What confirms it may be lost.
        pair.probes = ANSWERED;
        pair.due = now.plus(SCHEDULE.get(ANSWERED));
      }
    } else if (!echoed) {
      ignored++;
    } else {
      if (pair.roundTrip.isEmpty()) {
        onEcho(pair, now, effects);
      }
      if (packet.kind() == PunchPacket.Kind.ANSWER) {
        reply(PunchPacket.Kind.CONFIRM, pair, packet, now, effects);
      }
    }
    return effects;
  }

  private long peerReflexive() {
    return pairs.values().stream()
        .filter(each -> each.remote.kind() == Kind.PEER_REFLEXIVE)
        .count();
  }

  private void reply(
      PunchPacket.Kind kind, Pair pair, PunchPacket to, Instant now, List<Effect> effects) {
    // The peer may begin a little before us, and then our limit is that of the first round.
    round = Math.max(round, 1);
    if (answers < MAX_ANSWERS && pays(pair, now)) {
      answers++;
      effects.add(new Effect.Send(pair.remote.address(), packet(kind, pair, to.nonce())));
    } else {
      ignored++;
    }
  }

  /** The address got what we sent, and we got its answer. */
  private void onEcho(Pair pair, Instant now, List<Effect> effects) {
    pair.roundTrip = Optional.of(Duration.between(pair.sent, now));
    pair.ended = now;
    pair.due = Instant.MAX;
    pair.outcome = Outcome.WORKS;
    budget.onAnswered(pair.remote.address().getAddress());
    if (state == State.OPEN) {
      return;
    }
    boolean better =
        pairs.values().stream()
            .anyMatch(
                each ->
                    each.roundTrip.isEmpty()
                        && each.remote.kind().compareTo(pair.remote.kind()) < 0);
    if (better && state != State.SETTLING) {
      state = State.SETTLING;
      end = now.plus(SETTLING_TIME);
    } else if (!better) {
      open(pair, effects);
    }
  }

  private Pair best() {
    return pairs.values().stream()
        .filter(each -> each.roundTrip.isPresent())
        .min((a, b) -> a.remote.kind().compareTo(b.remote.kind()))
        .orElseThrow(() -> new IllegalStateException("settling on nothing"));
  }

  private void open(Pair pair, List<Effect> effects) {
    state = State.OPEN;
    pair.outcome = Outcome.WON;
    pairs.values().forEach(each -> each.due = Instant.MAX);
    effects.add(new Effect.Open(pair.remote, pair.roundTrip.orElse(Duration.ZERO), report()));
  }

  /** What was done so far. */
  public PunchReport report() {
    List<PunchReport.Try> tries =
        pairs.values().stream()
            .filter(each -> each.packets > 0)
            .map(
                each ->
                    new PunchReport.Try(
                        each.remote,
                        since(each.began),
                        since(each.ended.equals(Instant.MAX) ? each.sent : each.ended),
                        each.outcome,
                        each.packets))
            .toList();
    int packets = pairs.values().stream().mapToInt(each -> each.packets).sum();
    return new PunchReport(Protocol.UDP, round, tries, packets, flows);
  }

  private Duration since(Instant when) {
    Instant base = firstStart.equals(Instant.MAX) ? when : firstStart;
    return Duration.between(base, when);
  }
}
