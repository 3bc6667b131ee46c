package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.io.Addresses;
import dev.crust.io.Pipe;
import dev.crust.io.UdpPort;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.nat.PortEvidence;
import dev.crust.proto.reachability.AddressCheck;
import dev.crust.proto.reachability.AddressCheck.Source;
import dev.crust.proto.reachability.DialBackStream;
import dev.crust.proto.reachability.Nonce;
import dev.crust.spi.Profile;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import dev.crust.spi.Profile.Outbound;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Whether others reach us: has connected peers dial our outside addresses back, as {@link
 * AddressCheck} says, tells the user what comes of it, and completes our situation with it. On the
 * control loop.
 */
final class ReachabilityView {
  /** Why we give up a stream: the number is that of the wire. */
  private static final long OVER = 4;

  private final EndpointContext context;
  private final Listeners listeners;
  private final Peers peers;
  private final AddressCheck check = new AddressCheck(new SecureRandom());
  private final Alarm alarm;
  private Set<InetAddress> hosts = Set.of();
  private List<TraversalCandidate> checked = List.of();
  private final Map<PeerId, AddressCheck.Effect.Ask> prepared = new HashMap<>();
  private final Map<PeerId, Asking> askings = new HashMap<>();
  private Event.Reachability told =
      new Event.Reachability(Reachability.UNKNOWN, Reachability.UNKNOWN);
  private boolean closed;

  ReachabilityView(EndpointContext context, Listeners listeners, Peers peers) {
    this.context = context;
    this.listeners = listeners;
    this.peers = peers;
    this.alarm = new Alarm(context);
    listeners.nat().onNews(this::look);
  }

  EndpointContext context() {
    return context;
  }

  /** The endpoint closes. */
  void close() {
    closed = true;
    alarm.stop();
    context.nonces().expectNone();
  }

  /** Our addresses may have changed, or how others see them. */
  void look() {
    Set<InetAddress> now = listeners.addresses();
    List<TraversalCandidate> outside =
        listeners.situation().candidates().stream()
            .filter(each -> PortEvidence.isOutside(each.address().getAddress()))
            .toList();
    boolean moved = !now.equals(hosts) && !hosts.isEmpty();
    hosts = now;
    consider(outside, moved);
  }

  /**
   * Finds out about these addresses.
   *
   * @param moved whether the network has changed, so that nothing is known of them any more
   */
  void consider(List<TraversalCandidate> addresses, boolean moved) {
    checked = addresses;
    run(
        moved
            ? check.onNetworkChange(addresses, context.now())
            : check.onCandidates(addresses, context.now()));
  }

  /** A connection is up, or goes by another path. */
  void onPath(LocalConnection connection) {
    boolean sees =
        connection.peerDialsBack()
            && connection
                .whereWeSee()
                .filter(PortEvidence::isOutside)
                .filter(ip -> !Addresses.isNeighbour(ip))
                .isPresent();
    if (sees) {
      lookAtFirst();
      onServer(connection.peer());
    }
  }

  /** Later looks come with the news. */
  private void lookAtFirst() {
    if (hosts.isEmpty()) {
      look();
    }
  }

  /** A peer dials back. */
  void onServer(PeerId peer) {
    run(check.onServer(peer, context.now()));
  }

  /** A connection is over. */
  void onGone(PeerId peer) {
    run(check.onServerGone(peer, context.now()));
  }

  /** Somebody has greeted us: if we have not sent there, it was the first to find a way in. */
  void onHello(PeerPath path) {
    Optional<Sighting> sighting = path.sighting();
    if (path.wasDialled() || !path.pipe().isOurs() || sighting.isEmpty()) {
      return;
    }
    Protocol by = protocol(path.pipe());
    InetAddress from = path.pipe().remote().getAddress();
    InetSocketAddress dialled = sighting.get().seen();
    lookAtFirst();
    checked.stream()
        .filter(each -> each.protocol() == by && each.address().equals(dialled))
        .filter(each -> each.address().getAddress().getClass() == from.getClass())
        .filter(each -> check.reachability(each) != Reachability.PUBLIC)
        .filter(each -> source(by, from) == Source.STRANGE)
        .findFirst()
        .ifPresent(each -> run(check.onStranger(each, from)));
  }

  private static Protocol protocol(Pipe pipe) {
    return pipe.transport() == Transport.TCP ? Protocol.TCP : Protocol.UDP;
  }

  private Source source(Protocol by, InetAddress ip) {
    if (check.isNear(ip) || (PortEvidence.isOutside(ip) && Addresses.isNeighbour(ip))) {
      return Source.NEAR;
    }
    boolean contacted =
        context.contacts().mayBeLetIn(by, ip, context.now()) || leads(by, ip, this::isOfOurDoing);
    return contacted ? Source.CONTACTED : Source.STRANGE;
  }

  /** Whether we have sent first on a path, from a port that others dial. */
  private boolean isOfOurDoing(PeerPath path) {
    Pipe pipe = path.pipe();
    boolean fromPort =
        pipe.transport() == Transport.QUIC
            || listeners.candidates().contains(Candidate.tcp(pipe.local()));
    return (path.wasDialled() && fromPort)
        || context.punched().contains(new Candidate(pipe.transport(), pipe.remote()));
  }

  private boolean leads(Protocol by, InetAddress ip, Predicate<PeerPath> such) {
    return context.paths().stream()
        .filter(path -> path.pipe().isOurs() && protocol(path.pipe()) == by)
        // Before the rest is asked: a path that is being dialled has no ends yet.
        .filter(path -> path.pipe().remote().getAddress().equals(ip))
        .anyMatch(such);
  }

  private void run(List<AddressCheck.Effect> effects) {
    if (closed) {
      return;
    }
    for (AddressCheck.Effect effect : effects) {
      if (effect instanceof AddressCheck.Effect.Ask ask) {
        prepare(ask);
      }
    }
    end(peer -> !check.asked().contains(peer));
    context.nonces().expect(check.nonces(), this::onNonce);
    alarm.set(check.deadline(), () -> run(check.onTimeout(context.now())));
    tell();
  }

  /** An address is worth asking about while its mapping lasts, so that is made sure of first. */
  private void prepare(AddressCheck.Effect.Ask ask) {
    end(ask.server()::equals);
    prepared.put(ask.server(), ask);
    listeners.nat().whenKnown(() -> ask(ask));
  }

  private void ask(AddressCheck.Effect.Ask ask) {
    if (closed || !prepared.remove(ask.server(), ask)) {
      return;
    }
    LocalConnection server = peers.connections().get(ask.server());
    Optional<InetAddress> where = server == null ? Optional.empty() : server.whereWeSee();
    if (server == null || where.isEmpty()) {
      run(check.onRefused(ask.server(), context.now()));
      return;
    }
    for (UdpPort port : listeners.udp()) {
      port.stun().nonces(context.nonces().by(Protocol.UDP));
    }
    Asking asking = new Asking(server.openService(DialBackStream.SERVICE), where.get());
    askings.put(ask.server(), asking);
    asking.begin(ask.body());
  }

  /** What these peers may still say is of no use. */
  private void end(Predicate<PeerId> such) {
    prepared.keySet().removeIf(such);
    List<PeerId> over = askings.keySet().stream().filter(such).toList();
    for (PeerId each : over) {
      Asking asking = askings.remove(each);
      if (asking != null) {
        asking.end();
      }
    }
  }

  /** On any loop. */
  private void onNonce(Protocol by, Nonce nonce, InetAddress from) {
    context.onControl(() -> run(check.onNonce(by, nonce, source(by, from))));
  }

  /** Says what is known now, if it is news. */
  private void tell() {
    Situation seen = listeners.situation();
    Event.Reachability now =
        new Event.Reachability(best(seen, Protocol.TCP), best(seen, Protocol.UDP));
    if (!now.equals(told)) {
      told = now;
      context.feed().publish(now);
    }
  }

  private Reachability best(Situation seen, Protocol protocol) {
    Profile profile = seen.profile(protocol);
    if (profile.outbound() == Outbound.BLOCKED) {
      return Reachability.BLOCKED;
    }
    Reachability found =
        check.reachability(checked.stream().filter(it -> it.protocol() == protocol).toList());
    return found == Reachability.UNKNOWN && letsAnybodyIn(profile) ? Reachability.PUBLIC : found;
  }

  /** STUN has the same test of UDP, by fresh ports beside ours (RFC 5780 §4.4). */
  private static boolean letsAnybodyIn(Profile profile) {
    boolean one =
        profile.mapping() == Mapping.NONE || profile.mapping() == Mapping.ENDPOINT_INDEPENDENT;
    return one && profile.filtering() == Filtering.ENDPOINT_INDEPENDENT;
  }

  /** A situation with what peers found who dialled back. */
  Situation judged(Situation seen) {
    return new Situation(
        judged(seen, Protocol.UDP), judged(seen, Protocol.TCP), seen.candidates(), seen.methods());
  }

  /**
   * Of IPv4 alone, as all of a profile. Reachable is told only of an address of our own: a mapping
   * is forgotten as soon as nothing goes through it, and then has to be punched for.
   */
  private Profile judged(Situation seen, Protocol protocol) {
    Profile profile = seen.profile(protocol);
    List<TraversalCandidate> ipv4 =
        seen.candidates(protocol).stream()
            .filter(each -> each.address().getAddress() instanceof Inet4Address)
            .filter(each -> PortEvidence.isOutside(each.address().getAddress()))
            .toList();
    List<TraversalCandidate> own =
        ipv4.stream().filter(each -> each.kind() == TraversalCandidate.Kind.HOST).toList();
    List<TraversalCandidate> mapped = ipv4.stream().filter(each -> !own.contains(each)).toList();
    List<TraversalCandidate> behind = mapped.isEmpty() ? own : mapped;
    if (profile.outbound() == Outbound.BLOCKED) {
      return profile;
    } else if (check.reachability(own) == Reachability.PUBLIC) {
      return profile.with(Reachability.PUBLIC);
    }
    Profile known =
        check.reachability(behind) == Reachability.PUNCHABLE
            ? profile.with(Reachability.PUNCHABLE)
            : profile;
    return known.filtering() == Filtering.UNKNOWN ? known.with(check.filtering(behind)) : known;
  }

  /** A question to one server, and its answer. */
  private final class Asking implements ServiceStream.User {
    private final ServiceStream stream;
    private final InetAddress server;
    private final DialBackStream reader = new DialBackStream();
    private Optional<byte[]> answer = Optional.empty();
    private boolean over;

    Asking(ServiceStream stream, InetAddress server) {
      this.stream = stream;
      this.server = server;
    }

    void begin(byte[] question) {
      stream.use(this);
      stream.write(DialBackStream.encode(question));
      stream.finish();
    }

    /** It has had its time. */
    void end() {
      if (!over) {
        over = true;
        stream.reset(OVER);
        stream.stop(OVER);
      }
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      stream.taken(bytes.remaining());
      if (over || !bytes.hasRemaining()) {
        return;
      }
      try {
        if (answer.isEmpty()) {
          answer = reader.read(bytes);
        }
        if (bytes.hasRemaining()) {
          refused();
        }
      } catch (MalformedMessageException e) {
        refused();
      }
    }

    private Set<Protocol> opened() {
      Set<Protocol> opened = EnumSet.noneOf(Protocol.class);
      if (context.contacts().isLetIn(Protocol.TCP, server, context.now())) {
        opened.add(Protocol.TCP);
      }
      if (context.contacts().isLetIn(Protocol.UDP, server, context.now())
          || leads(Protocol.UDP, server, path -> true)) {
        opened.add(Protocol.UDP);
      }
      return opened;
    }

    private void refused() {
      end();
      run(check.onRefused(stream.connection().peer(), context.now()));
    }

    @Override
    public void onEnd() {
      if (over) {
        return;
      }
      try {
        PeerId peer = stream.connection().peer();
        byte[] report = answer.orElseThrow(() -> new MalformedMessageException("no answer"));
        over = true;
        run(check.onReport(peer, report, opened(), context.now()));
      } catch (MalformedMessageException e) {
        refused();
      }
    }

    @Override
    public void onReset(long code) {
      if (!over) {
        refused();
      }
    }

    @Override
    public void onStopped() {
      onReset(0);
    }

    @Override
    public void onRoom() {}

    /** The server is gone, which is told otherwise. */
    @Override
    public void onLost() {
      over = true;
    }
  }
}
