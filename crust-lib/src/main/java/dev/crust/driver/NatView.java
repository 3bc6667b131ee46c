package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.io.PunchPort;
import dev.crust.io.UdpPort;
import dev.crust.proto.nat.PortEvidence;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.Retransmission;
import dev.crust.proto.stun.StunAttribute.OtherAddress;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.StunTransaction;
import dev.crust.spi.Profile;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What stands between us and the world, as far as STUN tells. Of UDP: rounds in which several
 * observers (connected peers, and STUN servers) say at one time where they see the port that QUIC
 * has, and a {@link NatDiscovery} from fresh ports beside it; what was found is kept until an
 * address changes. Of TCP: a {@link TcpView}. On the control loop.
 */
final class NatView {
  /** Nobody waits longer for what is being found out. */
  static final Duration PATIENCE = Duration.ofSeconds(2);

  /** A mapping that was seen so lately is there; RFC 4787 §4.3 knows of such that last 30 s. */
  static final Duration FRESH = Duration.ofSeconds(10);

  private static final Duration DISCOVER_EVERY = Duration.ofMinutes(10);
  private static final Duration DISCOVER_AGAIN = Duration.ofSeconds(10);

  /** Once two have answered, the others get as long. */
  private static final Duration STRAGGLERS = Duration.ofMillis(100);

  private static final int QUORUM = 2;
  private static final int ASKED_AT_ONCE = 4;
  private static final int MAX_PEERS = 8;

  /** Two places of each protocol are for addresses seen from outside. */
  private static final int MAX_HOSTS = Situation.MAX_CANDIDATES - 4;

  private final EndpointContext context;
  private final OutsideView outside;
  private final Map<PeerId, InetSocketAddress> peers = new LinkedHashMap<>();
  private final Map<PeerId, InetSocketAddress> tcpPeers = new LinkedHashMap<>();
  private final TcpView tcp;
  private final List<Runnable> waiting = new ArrayList<>();
  private Runnable news = () -> {};
  private List<InetSocketAddress> locals = List.of();
  private @Nullable Round round;
  private Instant known = Instant.MIN;
  private @Nullable PortEvidence evidence;
  private @Nullable NatDiscovery discovery;
  private Instant discovered = Instant.MIN;
  private boolean thorough;
  private Optional<NatBehaviour> behaviour = Optional.empty();

  /**
   * Nobody has been asked yet.
   *
   * @param punchPorts the TCP port of ours to dial a remote address from, if we listen there
   */
  NatView(
      EndpointContext context,
      OutsideView outside,
      Function<InetSocketAddress, Optional<PunchPort>> punchPorts) {
    this.context = context;
    this.outside = outside;
    this.tcp = new TcpView(context, punchPorts, () -> observers(tcpPeers), this::settle);
  }

  /** Who wants to hear when something was found out. */
  void onNews(Runnable listener) {
    news = listener;
  }

  /**
   * A peer is connected.
   *
   * @param remote where its path ends
   * @param candidates where it says that it may be dialled: its ports serve STUN
   */
  void onPeer(PeerId peer, InetSocketAddress remote, List<Candidate> candidates) {
    if (observes(peer, remote, candidates, Transport.QUIC, peers)) {
      begin();
    }
    if (observes(peer, remote, candidates, Transport.TCP, tcpPeers)) {
      tcp.begin();
    }
  }

  /** Whether a peer is a new observer of a transport of ours. */
  private static boolean observes(
      PeerId peer,
      InetSocketAddress remote,
      List<Candidate> candidates,
      Transport transport,
      Map<PeerId, InetSocketAddress> observers) {
    // Only there where we see it: what it says of other addresses may be aimed at somebody else.
    Optional<InetSocketAddress> at =
        candidates.stream()
            .filter(each -> each.transport() == transport)
            .map(Candidate::address)
            .filter(port -> port.getAddress().equals(remote.getAddress()))
            .filter(port -> PortEvidence.isOutside(port.getAddress()))
            .findFirst();
    return at.isPresent()
        && observers.size() < MAX_PEERS
        && observers.putIfAbsent(peer, at.get()) == null;
  }

  /** A peer is connected no more. */
  void onGone(PeerId peer) {
    peers.remove(peer);
    tcpPeers.remove(peer);
  }

  /** These are the UDP ports now, and we listen for TCP there. */
  void look(List<UdpPort> ports, List<InetSocketAddress> listening) {
    tcp.look(listening);
    List<InetSocketAddress> now = ports.stream().map(UdpPort::bound).toList();
    if (!now.equals(locals)) {
      locals = now;
      forget();
    }
  }

  /** Something has gone wrong that a change of the NAT would explain: what was seen may be void. */
  void doubt() {
    tcp.doubt();
    known = Instant.MIN;
  }

  /** Another way out may have another NAT. */
  private void forget() {
    evidence = null;
    behaviour = Optional.empty();
    known = Instant.MIN;
    discovered = Instant.MIN;
    round = null;
    if (discovery != null) {
      discovery.close();
      discovery = null;
    }
    begin();
  }

  /** What is known will be needed soon: sees to it that it is fresh. */
  void prepare() {
    if (!isFresh()) {
      begin();
    }
    if (!tcp.isFresh()) {
      tcp.begin();
    }
  }

  /** Runs a task when our situation is known well enough, at once or within {@link #PATIENCE}. */
  void whenKnown(Runnable task) {
    prepare();
    if (isKnown()) {
      task.run();
      return;
    }
    waiting.add(task);
    context.at(
        context.now().plus(PATIENCE),
        context.control(),
        () -> {
          if (waiting.remove(task)) {
            task.run();
          }
        });
  }

  private boolean isFresh() {
    return context.now().isBefore(known.plus(FRESH));
  }

  /** One discovery is good for long: while it is repeated, what it found before will do. */
  private boolean isKnown() {
    return round == null && tcp.isKnown() && (discovery == null || behaviour.isPresent());
  }

  private void settle() {
    if (isKnown()) {
      List<Runnable> now = List.copyOf(waiting);
      waiting.clear();
      now.forEach(Runnable::run);
    }
    news.run();
  }

  /** Our situation, as it is known now. */
  Situation situation(List<Candidate> hosts) {
    List<TraversalCandidate> candidates = new ArrayList<>();
    for (Candidate host : hosts.subList(0, Math.min(hosts.size(), MAX_HOSTS))) {
      Protocol protocol = host.transport() == Transport.TCP ? Protocol.TCP : Protocol.UDP;
      candidates.add(
          new TraversalCandidate(TraversalCandidate.Kind.HOST, protocol, host.address()));
    }
    for (InetSocketAddress each : tcp.reflexive()) {
      candidates.add(
          new TraversalCandidate(TraversalCandidate.Kind.SERVER_REFLEXIVE, Protocol.TCP, each));
    }
    PortEvidence seen = evidence;
    if (seen == null) {
      return new Situation(Profile.UNKNOWN, tcp.profile(), candidates);
    }
    for (InetSocketAddress each : seen.reflexive()) {
      candidates.add(
          new TraversalCandidate(TraversalCandidate.Kind.SERVER_REFLEXIVE, Protocol.UDP, each));
    }
    return new Situation(seen.profile(), tcp.profile(), candidates);
  }

  /** Those that are asked in a round, each at an IP address of its own. */
  private List<InetSocketAddress> observers(Map<PeerId, InetSocketAddress> connected) {
    Map<InetAddress, InetSocketAddress> each = new LinkedHashMap<>();
    outside.servers().forEach(server -> each.putIfAbsent(server.getAddress(), server));
    connected.values().forEach(peer -> each.putIfAbsent(peer.getAddress(), peer));
    return each.values().stream().limit(ASKED_AT_ONCE).toList();
  }

  private void begin() {
    List<InetSocketAddress> observers = observers(peers);
    if (round != null || observers.isEmpty()) {
      return;
    }
    Optional<UdpPort> port =
        observers.stream().flatMap(each -> context.udpTowards(each).stream()).findFirst();
    port.ifPresent(
        it -> {
          round = new Round(it, observers.size());
          observers.forEach(round::ask);
        });
  }

  /** One question to several observers. */
  private final class Round {
    private final UdpPort port;
    private final int asked;
    private final Map<InetSocketAddress, InetSocketAddress> seen = new LinkedHashMap<>();
    private @Nullable InetSocketAddress server;
    private boolean serverHasOther;
    private int left;

    Round(UdpPort port, int asked) {
      this.port = port;
      this.asked = asked;
      this.left = asked;
    }

    void ask(InetSocketAddress observer) {
      context.contacts().onSent(Protocol.UDP, observer.getAddress(), context.now());
      port.stun()
          .ask(
              observer,
              Retransmission.BRIEF,
              List.of(),
              ended -> context.onControl(() -> onEnded(observer, ended)));
    }

    private void onEnded(InetSocketAddress observer, StunTransaction.Effect ended) {
      if (ended instanceof StunTransaction.Effect.Answered answered) {
        onAnswer(observer, answered.response());
      }
      left--;
      if (left == 0) {
        finish();
      }
    }

    private void onAnswer(InetSocketAddress observer, StunMessage answer) {
      Optional<InetSocketAddress> where = answer.reflexiveAddress();
      if (where.isEmpty() || round != this) {
        return;
      }
      seen.put(observer, where.get());
      boolean hasOther = answer.first(OtherAddress.class).isPresent();
      if (server == null || (hasOther && !serverHasOther)) {
        server = observer;
        serverHasOther = hasOther;
      }
      if (seen.size() == QUORUM) {
        context.at(context.now().plus(STRAGGLERS), context.control(), this::finish);
      }
    }

    private void finish() {
      if (round != this) {
        return;
      }
      round = null;
      PortEvidence before = evidence;
      if (seen.isEmpty() && before != null && !before.seen().isEmpty()) {
        // The network may be down just now: what was known will do, and is asked for again.
        settle();
        return;
      }
      known = seen.isEmpty() ? Instant.MIN : context.now();
      PortEvidence now = new PortEvidence(port.bound(), seen, asked, behaviour);
      if (before != null && movedBetween(before, now)) {
        behaviour = Optional.empty();
        discovered = Instant.MIN;
        now = new PortEvidence(port.bound(), seen, asked, behaviour);
      }
      evidence = now;
      InetSocketAddress known = server;
      if (known != null && isDiscoveryDue()) {
        discover(known);
      }
      settle();
    }

    /** A NAT may have many outside addresses and one behaviour; another address is a hint only. */
    private boolean movedBetween(PortEvidence before, PortEvidence now) {
      return !now.reflexive().isEmpty()
          && !before.reflexive().isEmpty()
          && before.reflexive().stream()
              .noneMatch(
                  one ->
                      now.reflexive().stream()
                          .anyMatch(other -> other.getAddress().equals(one.getAddress())));
    }

    private boolean isDiscoveryDue() {
      Instant now = context.now();
      boolean better = serverHasOther && !thorough;
      return discovery == null
          && (discovered.equals(Instant.MIN)
              || !now.isBefore(discovered.plus(DISCOVER_EVERY))
              || (better && !now.isBefore(discovered.plus(DISCOVER_AGAIN))));
    }

    private void discover(InetSocketAddress from) {
      thorough = serverHasOther;
      discovered = context.now();
      discovery = new NatDiscovery(context, port.bound().getAddress(), from, NatView.this::found);
      discovery.begin();
    }
  }

  private void found(NatDiscovery by, Optional<NatBehaviour> what) {
    if (discovery != by) {
      return;
    }
    discovery = null;
    behaviour = what;
    PortEvidence seen = evidence;
    if (seen != null) {
      evidence = new PortEvidence(seen.local(), seen.seen(), seen.asked(), behaviour);
    }
    settle();
  }
}
