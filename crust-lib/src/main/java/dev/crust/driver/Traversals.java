package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Event;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.io.Pipe;
import dev.crust.io.PunchPort;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.admission.Token;
import dev.crust.proto.punch.PunchBudget;
import dev.crust.proto.punch.Signalling;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks for direct paths for connections that go by a relay, one {@link Traversal} each: the
 * connection itself carries their signals, which so are encrypted from end to end, and each side
 * has agreed by letting the other in. {@link Introductions} are for those that are not connected.
 * On the control loop, where nothing else is said.
 */
final class Traversals implements SignalDesk.Ear {
  /** As many addresses of a peer are dialled at one time. */
  static final int MAX_DIALS = 4;

  private static final int MAX_OBSERVED = 256;
  private static final int MAX_OBSERVED_OF_PEER = 4;
  private static final int MAX_PUNCHED_OF_PEER = 32;

  private final EndpointContext context;
  private final Listeners listeners;
  private final Peers peers;
  private final SignalDesk signals = new SignalDesk(this);
  private final Introductions introductions;
  private final PunchBudget budget = new PunchBudget();
  private final PunchPackets packets;
  private final Map<PeerId, ForConnection> running = new HashMap<>();

  private final Map<PeerId, Token> deferred = new HashMap<>();
  private boolean closed;

  private final Map<PeerId, Set<Candidate>> punched = new HashMap<>();

  /** What they have under way may go on for a while after a path was found. */
  private final Map<PeerId, Traversal> begun = new HashMap<>();

  /** Where introducers of our choice see peers. */
  private final Map<PeerId, Set<InetAddress>> observed =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PeerId, Set<InetAddress>> eldest) {
          return size() > MAX_OBSERVED;
        }
      };

  Traversals(EndpointContext context, Listeners listeners, Peers peers) {
    this.context = context;
    this.listeners = listeners;
    this.peers = peers;
    this.introductions = new Introductions(context, peers, this);
    this.packets = new PunchPackets(context, listeners);
  }

  /** Who finds first paths by introducers. */
  Introductions introductions() {
    return introductions;
  }

  /** The streams by which signals come and go. May be asked for by any thread. */
  SignalDesk signals() {
    return signals;
  }

  NatView nat() {
    return listeners.nat();
  }

  /** Our situation, with what we have to make the best of it. */
  Situation situation() {
    return peers
        .reachability()
        .judged(listeners.situation())
        .with(context.methods().stream().map(KnownMethod::name).toList());
  }

  /** Who reads from what comes in and is to be a guest as any other. */
  @Nullable Function<Pipe, Pipe.Reader> guests() {
    return peers.relays().door();
  }

  /** The endpoint closes: nothing is looked for any more. */
  void close() {
    closed = true;
    introductions.close();
    List.copyOf(running.values()).forEach(each -> each.traversal.end());
    List.copyOf(begun.values()).forEach(Traversal::end);
  }

  /** Whether the endpoint closes. */
  boolean isClosed() {
    return closed;
  }

  /** The TCP port of ours to dial this address from, if we listen there. */
  Optional<PunchPort> tcpTowards(InetSocketAddress remote) {
    return listeners.tcpTowards(remote);
  }

  /**
   * Those of a peer's addresses that may be dialled. A handshake is more than a probe, so it goes
   * to where somebody of our choice sees the peer; on the peer's word alone, to one address.
   */
  List<InetSocketAddress> dialable(PeerId peer, List<TraversalCandidate> told) {
    Set<InetAddress> seen = observed(peer);
    return told.stream()
        .map(TraversalCandidate::address)
        .filter(target -> seen.isEmpty() || seen.contains(target.getAddress()))
        .limit(seen.isEmpty() ? 1 : MAX_DIALS)
        .toList();
  }

  /** A traversal sends something: ends what one that is over has under way. */
  void begun(PeerId peer, Traversal traversal) {
    Traversal before = begun.put(peer, traversal);
    if (before != null && before != traversal && before.isOver()) {
      before.end();
    }
  }

  /** Nothing of a traversal is under way any more. */
  void ended(PeerId peer, Traversal traversal) {
    begun.remove(peer, traversal);
  }

  /** What punching may cost, for all of them together. */
  PunchBudget budget() {
    return budget;
  }

  /** Who gets punch packets. */
  PunchPackets packets() {
    return packets;
  }

  /** A peer has a first path to us: it can tell where it sees us, if it is a direct one. */
  void onPeer(PeerPath path) {
    PeerId peer = path.peer();
    if (context.punches() && peer != null && path.pipe().isOurs()) {
      nat().onPeer(peer, path.pipe().remote(), path.greeting().candidates());
    }
    if (peer != null && path.pipe().relay().isEmpty()) {
      introductions.onConnected(peer);
    }
  }

  /** Whether a peer was chosen by us to relay for us. */
  boolean isRelayOfOurs(PeerId peer) {
    return listeners.relays().contains(peer);
  }

  /** Our situation will be needed soon. */
  void prepare() {
    if (context.punches()) {
      nat().prepare();
    }
  }

  /** A path has broken, perhaps since our NAT has forgotten it, or another stands there now. */
  void onPathLost() {
    nat().doubt();
  }

  /** A relay sees a peer there, with whom it connects us. */
  void onObserved(PeerId peer, InetAddress ip) {
    Set<InetAddress> known = observed.computeIfAbsent(peer, it -> new HashSet<>());
    if (known.size() < MAX_OBSERVED_OF_PEER) {
      known.add(ip);
    }
  }

  /** Where introducers of our choice see a peer. */
  Set<InetAddress> observed(PeerId peer) {
    return observed.getOrDefault(peer, Set.of());
  }

  /**
   * A connection goes by a relay, and its peer punches, too. If the dial that has led there looks
   * for a direct path already, this is the second try.
   */
  void begin(PeerId peer, Token connection) {
    if (introductions.isRunning(peer)) {
      deferred.put(peer, connection);
      return;
    }
    Optional<LocalConnection> held = peers.held(peer, connection);
    if (punched.containsKey(peer)) {
      // There was a way, and it has closed.
      nat().doubt();
    }
    if (held.isPresent() && find(held.get()) == null) {
      start(held.get()).traversal.begin();
    }
  }

  /** A dial has found no direct path, or needs none. */
  void onIntroductionOver(PeerId peer) {
    Token connection = deferred.remove(peer);
    if (connection != null) {
      begin(peer, connection);
    }
  }

  private ForConnection start(LocalConnection connection) {
    end(connection.peer());
    ForConnection begun = new ForConnection(connection);
    running.put(connection.peer(), begun);
    return begun;
  }

  private @Nullable ForConnection find(LocalConnection connection) {
    ForConnection known = running.get(connection.peer());
    return known != null && known.connection == connection ? known : null;
  }

  /** The connection has a direct path, or none, or is over. */
  void end(PeerId peer, Token connection) {
    deferred.remove(peer, connection);
    introductions.onConnected(peer);
    ForConnection known = running.get(peer);
    if (known != null && known.connection.name().equals(connection)) {
      end(peer);
    }
  }

  private void end(PeerId peer) {
    ForConnection known = running.remove(peer);
    if (known != null) {
      known.traversal.settle();
      signals.finish(known.connection);
    }
  }

  /** A peer is connected no more. */
  void onGone(PeerId peer) {
    nat().onGone(peer);
    end(peer);
    forget(peer);
  }

  /** A peer can be met there. */
  void met(PeerId peer, Candidate there) {
    Set<Candidate> places = punched.computeIfAbsent(peer, it -> new HashSet<>());
    if (places.size() < MAX_PUNCHED_OF_PEER && places.add(there)) {
      context.punched().add(there);
    }
  }

  /** Nobody needs to know any more where a peer can be met. */
  void forget(PeerId peer) {
    Traversal known = begun.remove(peer);
    if (known != null) {
      // What comes up now would be a connection that nobody has asked for.
      known.end();
    }
    Set<Candidate> places = punched.remove(peer);
    if (places != null) {
      context.punched().removeAll(places);
    }
  }

  @Override
  public void onSignal(LocalConnection from, byte[] signal) throws MalformedMessageException {
    ForConnection known = find(from);
    boolean wanted = context.punches() && from.path().method() == Path.Method.RELAYED;
    if (known == null && wanted && peers.held(from.peer(), from.name()).isPresent()) {
      // The peer has heard from us before we have heard from it.
      known = start(from);
    }
    if (known != null) {
      known.traversal.onSignal(signal);
    }
  }

  @Override
  public void onAsk(LocalConnection from, byte[] body) throws MalformedMessageException {
    introductions.onAsk(from, body);
  }

  @Override
  public void onCarried(LocalConnection by, byte[] body) throws MalformedMessageException {
    introductions.onCarried(by, body);
  }

  /** Looks for a better path of a connection, which carries the signals itself. */
  private final class ForConnection implements Traversal.Course {
    private final LocalConnection connection;
    private final Traversal traversal;

    ForConnection(LocalConnection connection) {
      this.connection = connection;
      this.traversal = new Traversal(connection.peer(), context, Traversals.this, this);
    }

    @Override
    public void send(byte[] signal) {
      signals.send(connection, new Signalling.Direct(signal));
    }

    @Override
    public PeerPath.Fate fate(Consumer<Reason> failed) {
      return new ResumingFate(context, peers, connection.name()) {
        @Override
        void failed(Reason reason, String detail) {
          context.onControl(() -> failed.accept(reason));
        }
      };
    }

    @Override
    public void met(Candidate there) {
      Traversals.this.met(connection.peer(), there);
    }

    @Override
    public void failed(String sentence, List<Attempt> attempts) {
      if (connection.isUp()) {
        context.feed().publish(new Event.StaysRelayed(connection, sentence, attempts));
      }
    }
  }
}
