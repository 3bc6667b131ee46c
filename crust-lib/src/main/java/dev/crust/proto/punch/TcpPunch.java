package dev.crust.proto.punch;

import dev.crust.proto.punch.PunchReport.Outcome;
import dev.crust.proto.punch.TcpRemote.State;
import dev.crust.spi.Protocol;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * TCP simultaneous open with one peer (RFC 5128 §3.4, RFC 9293 §3.5): dials to all its addresses
 * from a port on which we also listen, at an agreed time; refusals are met with further tries,
 * since a router that answers RST lets SYNs pass only if they cross. A dial that hangs is left
 * hanging: routers that remember its SYN take another one of the same port, with another sequence
 * number, for invalid; that of the kernel's repetition is the same.
 *
 * <p>What is connected first, dialled or accepted, is secured: the controlling side chooses one
 * connection and is the TLS client on it; the controlled side is the server on all and keeps that
 * on which the handshake ends. So both keep the same one. A connection is known by its remote
 * address: from one port there is one to each.
 *
 * <table>
 * <caption>Transitions of a remote address</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>due</td><td>its time has come</td><td>Dial</td><td>dialling</td></tr>
 * <tr><td>dialling</td><td>refused, in use, reset</td><td>–</td><td>due in 5 to 30 ms</td></tr>
 * <tr><td>dialling</td><td>hangs, and the budget allows that the kernel repeats its SYN</td><td>–</td><td>dialling</td></tr>
 * <tr><td>dialling</td><td>hangs, and the budget does not</td><td>Close</td><td>given up</td></tr>
 * <tr><td>any</td><td>connected or accepted</td><td>Secure, or waits for the one chosen</td><td>connected</td></tr>
 * <tr><td>connected</td><td>secured</td><td>Close of all others, Done</td><td>over</td></tr>
 * <tr><td>connected</td><td>fails</td><td>Secure of another that waits</td><td>due</td></tr>
 * <tr><td>dialling</td><td>the round's time is over, and it was not the last</td><td>RoundOver</td><td>dialling, for 2 s or into the next round</td></tr>
 * <tr><td>any other</td><td>the round's time is over</td><td>Close of all, RoundOver</td><td>idle</td></tr>
 * </table>
 */
public final class TcpPunch {
  /** What is to be done. */
  public sealed interface Effect {
    /** Connect from the punched port. */
    record Dial(InetSocketAddress remote) implements Effect {}

    /** Drop this dial or connection, with a RST if it is one. */
    record Close(InetSocketAddress remote) implements Effect {}

    /** Begin TLS on this connection. */
    record Secure(InetSocketAddress remote, TlsRole role) implements Effect {}

    /** This connection is the path. */
    record Done(TraversalCandidate remote, PunchReport report) implements Effect {}

    /** No connection in this round. */
    record RoundOver(PunchReport report) implements Effect {}
  }

  /** Who speaks first in TLS. */
  public enum TlsRole {
    /** The controlling side, whoever dialled. */
    CLIENT,
    /** The controlled side. */
    SERVER
  }

  /** Why a dial or a connection failed. */
  public enum Failure {
    /** ECONNREFUSED. */
    REFUSED(Outcome.REFUSED),
    /** EADDRNOTAVAIL: these two ends have a connection, which may have come in meanwhile. */
    IN_USE(Outcome.REFUSED),
    /** ECONNRESET. */
    RESET(Outcome.REFUSED),
    /** EHOSTUNREACH, ENETUNREACH. */
    UNREACHABLE(Outcome.UNREACHABLE),
    /** ETIMEDOUT. */
    TIMED_OUT(Outcome.SILENT),
    /** Another identity answered, or none. */
    NOT_THE_PEER(Outcome.REFUSED);

    private final Outcome outcome;

    Failure(Outcome outcome) {
      this.outcome = outcome;
    }
  }

  /** Linux repeats a SYN after a second. */
  private static final Duration HANGING = Duration.ofMillis(900);

  /** And four times so. */
  private static final Duration REPEATED = Duration.ofSeconds(1);

  /** As long may the next round be in coming. */
  private static final Duration BETWEEN = Duration.ofSeconds(2);

  /** For a handshake under way when the round is over. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(2);

  private static final int LEAST_PAUSE = 5;
  private static final int MOST_PAUSE = 30;

  /** As many connections may wait for TLS; accepted ones may be anybody's. */
  private static final int MAX_CONNECTED = 8;

  private final Side self;
  private final Plan.Step.Punch step;
  private final PunchBudget budget;
  private final RandomGenerator random;
  private final Map<InetSocketAddress, TcpRemote> remotes = new LinkedHashMap<>();
  private Set<InetAddress> vouched = Set.of();
  private int round;
  private Instant firstStart = Instant.MAX;
  private Instant end = Instant.MAX;
  private boolean extended;
  private boolean between;
  private boolean over;
  private int flows;

  /** One that waits for its first round. */
  public TcpPunch(Side self, Plan.Step.Punch step, PunchBudget budget, RandomGenerator random) {
    this.self = self;
    this.step = step;
    this.budget = budget;
    this.random = random;
  }

  /**
   * A round was agreed on.
   *
   * @param number its number, from 1
   * @param agreed when both begin
   * @param targets the peer's addresses, best first
   * @param vouched where introducers of our choice have seen the peer
   */
  public List<Effect> onRound(
      int number,
      Instant agreed,
      List<TraversalCandidate> targets,
      Set<InetAddress> vouched,
      Instant now) {
    List<Effect> effects = new ArrayList<>();
    if (over) {
      return effects;
    }
    this.vouched = Set.copyOf(vouched);
    round = number;
    extended = false;
    between = false;
    end = agreed.plus(step.lead()).plus(step.round());
    if (isSecuring()) {
      return effects;
    }
    Set<InetSocketAddress> hanging = new HashSet<>();
    targets.forEach(each -> hanging.add(each.address()));
    hanging.removeIf(each -> !isDialling(each));
    closeAll(hanging, effects);
    Instant start = agreed.plus(step.delay(self, number));
    firstStart = firstStart.equals(Instant.MAX) ? start : firstStart;
    for (TraversalCandidate each : targets) {
      TcpRemote remote = remotes.computeIfAbsent(each.address(), key -> new TcpRemote(each));
      remote.candidate = each;
      if (hanging.contains(each.address())) {
        continue;
      }
      remote.state = State.DUE;
      remote.due = start;
      remote.dialsOfRound = 0;
      remote.outcome = Outcome.OPEN;
    }
    effects.addAll(onTimeout(now));
    return effects;
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    Instant earliest = end;
    for (TcpRemote each : remotes.values()) {
      earliest = each.due.isBefore(earliest) ? each.due : earliest;
    }
    return earliest;
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    List<Effect> effects = new ArrayList<>();
    if (!now.isBefore(end)) {
      onEnd(now, effects);
      return effects;
    }
    remotes.forEach(
        (address, remote) -> {
          if (!now.isBefore(remote.due) && remote.state == State.DIALLING) {
            repeat(address, remote, now, effects);
          } else if (!now.isBefore(remote.due)) {
            dial(address, remote, now, effects);
          }
        });
    return effects;
  }

  private void onEnd(Instant now, List<Effect> effects) {
    if (!extended && remotes.values().stream().anyMatch(TcpRemote::connected)) {
      extended = true;
      end = now.plus(HANDSHAKE);
      for (TcpRemote each : remotes.values()) {
        each.due = Instant.MAX;
      }
      return;
    }
    boolean told = between;
    Set<InetSocketAddress> hanging = new HashSet<>();
    if (!told && round < Plan.ROUNDS) {
      remotes.keySet().stream().filter(this::isDialling).forEach(hanging::add);
    }
    closeAll(hanging, effects);
    between = !hanging.isEmpty();
    end = between ? now.plus(BETWEEN) : Instant.MAX;
    if (told) {
      return;
    }
    for (TcpRemote each : remotes.values()) {
      if (each.outcome == Outcome.OPEN) {
        each.outcome = Outcome.SILENT;
        each.ended = now;
      }
    }
    effects.add(new Effect.RoundOver(report()));
  }

  private boolean isDialling(InetSocketAddress address) {
    TcpRemote remote = remotes.get(address);
    return remote != null && remote.state == State.DIALLING;
  }

  private void closeAll(Set<InetSocketAddress> but, List<Effect> effects) {
    remotes.forEach(
        (address, remote) -> {
          if (but.contains(address)) {
            return;
          }
          if (remote.state == State.DIALLING || remote.connected()) {
            effects.add(new Effect.Close(address));
          }
          remote.state = State.GIVEN_UP;
          remote.due = Instant.MAX;
        });
  }

  private void dial(
      InetSocketAddress address, TcpRemote remote, Instant now, List<Effect> effects) {
    InetAddress ip = address.getAddress();
    int limit = limit(ip);
    boolean fresh = remote.dialsOfRound == 0;
    if (!(fresh ? budget.opens(ip, limit, now) : budget.sends(ip, limit, now))) {
      remote.state = fresh && remote.dials == 0 ? State.DUE : State.GIVEN_UP;
      remote.due = remote.state == State.DUE ? now.plusMillis(MOST_PAUSE) : Instant.MAX;
      remote.outcome = Outcome.BUDGET_SPENT;
      return;
    }
    flows += fresh ? 1 : 0;
    remote.began = remote.dials == 0 ? now : remote.began;
    remote.ended = now;
    remote.dials++;
    remote.dialsOfRound++;
    remote.state = State.DIALLING;
    remote.due = now.plus(HANGING);
    effects.add(new Effect.Dial(address));
  }

  private int limit(InetAddress ip) {
    return vouched.contains(ip)
        ? PunchBudget.VOUCHED_PACKETS
        : Math.max(0, PunchBudget.STRANGER_PACKETS - Math.max(0, Plan.ROUNDS - round));
  }

  private void repeat(
      InetSocketAddress address, TcpRemote remote, Instant now, List<Effect> effects) {
    InetAddress ip = address.getAddress();
    remote.ended = now;
    if (budget.sends(ip, limit(ip), now)) {
      remote.dials++;
      remote.due = now.plus(REPEATED);
    } else {
      effects.add(new Effect.Close(address));
      remote.state = State.GIVEN_UP;
      remote.due = Instant.MAX;
      remote.outcome = Outcome.SILENT;
    }
  }

  /** Whether no round is under way. */
  public boolean isIdle() {
    return over || end.equals(Instant.MAX);
  }

  /** Whether there are connections, on which TLS is to decide. */
  public boolean isSecuring() {
    return !over && remotes.values().stream().anyMatch(TcpRemote::connected);
  }

  /** Whether a connection from there is likely this peer's. */
  public boolean expects(InetSocketAddress from) {
    return !over
        && !end.equals(Instant.MAX)
        && remotes.keySet().stream().anyMatch(each -> each.getAddress().equals(from.getAddress()));
  }

  /** A dial has become a connection. */
  public List<Effect> onConnected(InetSocketAddress address, Instant now) {
    return onConnection(address, now);
  }

  /** A connection came in at the punched port. */
  public List<Effect> onAccepted(InetSocketAddress from, Instant now) {
    remotes.computeIfAbsent(
        from,
        key -> new TcpRemote(new TraversalCandidate(Kind.PEER_REFLEXIVE, Protocol.TCP, from)));
    return onConnection(from, now);
  }

  private List<Effect> onConnection(InetSocketAddress address, Instant now) {
    List<Effect> effects = new ArrayList<>();
    TcpRemote remote = remotes.get(address);
    long connected = remotes.values().stream().filter(TcpRemote::connected).count();
    if (over || remote == null || end.equals(Instant.MAX) || connected >= MAX_CONNECTED) {
      effects.add(new Effect.Close(address));
      if (remote != null && remote.dials == 0 && !remote.connected()) {
        remotes.remove(address);
      }
      return effects;
    }
    remote.state = State.CONNECTED;
    remote.due = Instant.MAX;
    remote.began = remote.began.equals(Instant.MAX) ? now : remote.began;
    remote.ended = now;
    remote.outcome = Outcome.WORKS;
    secure(effects);
    return effects;
  }

  private void secure(List<Effect> effects) {
    boolean one = self == Side.CONTROLLING;
    for (Map.Entry<InetSocketAddress, TcpRemote> each : remotes.entrySet()) {
      boolean busy =
          one && remotes.values().stream().anyMatch(other -> other.state == State.SECURING);
      if (each.getValue().state == State.CONNECTED && !busy) {
        each.getValue().state = State.SECURING;
        effects.add(new Effect.Secure(each.getKey(), one ? TlsRole.CLIENT : TlsRole.SERVER));
      }
    }
  }

  /** TLS is up, with the right peer. */
  public List<Effect> onSecured(InetSocketAddress address, Instant now) {
    List<Effect> effects = new ArrayList<>();
    TcpRemote winner = remotes.get(address);
    if (over || winner == null || winner.state != State.SECURING) {
      return effects;
    }
    winner.state = State.GIVEN_UP;
    winner.outcome = Outcome.WON;
    winner.ended = now;
    budget.onAnswered(address.getAddress());
    over = true;
    end = Instant.MAX;
    closeAll(Set.of(), effects);
    effects.add(new Effect.Done(winner.candidate, report()));
    return effects;
  }

  /** A dial or a connection failed; on a connection that TLS failed on, it is closed already. */
  public List<Effect> onFailed(InetSocketAddress address, Failure why, Instant now) {
    List<Effect> effects = new ArrayList<>();
    TcpRemote remote = remotes.get(address);
    if (over || remote == null || end.equals(Instant.MAX) || remote.state == State.GIVEN_UP) {
      return effects;
    }
    boolean answered = why != Failure.TIMED_OUT && why != Failure.UNREACHABLE;
    if (answered && vouched.contains(address.getAddress())) {
      budget.onRefused(address.getAddress());
    }
    boolean again = remote.dials > 0 && why != Failure.NOT_THE_PEER && !extended;
    remote.state = again ? State.DUE : State.GIVEN_UP;
    remote.due = again ? now.plusMillis(random.nextInt(LEAST_PAUSE, MOST_PAUSE + 1)) : Instant.MAX;
    remote.outcome = why.outcome;
    remote.ended = now;
    if (remote.dials == 0 && remote.candidate.kind() == Kind.PEER_REFLEXIVE) {
      // Anybody may come in and fail: they leave no trace.
      remotes.remove(address);
    }
    secure(effects);
    return effects;
  }

  /** What was done so far. */
  public PunchReport report() {
    List<PunchReport.Try> tries =
        remotes.values().stream()
            .filter(each -> !each.began.equals(Instant.MAX))
            .map(each -> each.since(firstStart))
            .toList();
    int dials = remotes.values().stream().mapToInt(each -> each.dials).sum();
    return new PunchReport(Protocol.TCP, round, tries, dials, flows);
  }
}
