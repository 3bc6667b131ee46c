package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.io.UdpPort;
import dev.crust.proto.dial.CandidateRank;
import dev.crust.proto.dial.CandidateRank.Found;
import dev.crust.proto.dial.ReflexiveVotes;
import dev.crust.proto.stun.Retransmission;
import dev.crust.proto.stun.StunTransaction;
import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How the world sees our ports: asks STUN servers, and peers, which are such too, hears what peers
 * say in their Hellos, and lets {@link ReflexiveVotes} judge. On the control loop.
 */
final class OutsideView {
  /** Keeps a NAT's mapping, too: RFC 4787 §4.3 knows of such that last 30 s. */
  private static final Duration ASK_SERVERS_EVERY = Duration.ofSeconds(20);

  /** Their heartbeats keep the mapping; this is to notice when it has changed. */
  private static final Duration ASK_PEERS_EVERY = Duration.ofMinutes(5);

  private static final Duration LOOK_NAMES_UP_EVERY = Duration.ofMinutes(15);
  private static final int MAX_ADDRESSES = 8;
  private static final int MAX_PEERS = 8;

  private final EndpointContext context;
  private final List<InetSocketAddress> named;
  private final ReflexiveVotes votes = new ReflexiveVotes();
  private final Map<PeerId, Sighting> peers =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PeerId, Sighting> eldest) {
          return size() > MAX_PEERS;
        }
      };
  private List<InetSocketAddress> servers = List.of();
  private List<InetSocketAddress> locals = List.of();
  private Instant askServers = Instant.MIN;
  private Instant askPeers;
  private Instant lookNamesUp = Instant.MIN;
  private final Set<String> warned = new HashSet<>();

  /**
   * Nobody has been asked yet.
   *
   * @param servers STUN servers, by address or by name
   */
  OutsideView(EndpointContext context, List<InetSocketAddress> servers) {
    this.context = context;
    this.named = servers;
    this.askPeers = context.now().plus(ASK_PEERS_EVERY);
  }

  /** A peer has said how it sees a port of ours that others may dial. */
  void onSighting(Sighting sighting) {
    vote(sighting);
    if (sighting.transport() == Transport.QUIC) {
      sighting.peer().ifPresent(peer -> peers.put(peer, sighting));
    }
  }

  /** The STUN servers that the user has named, by address. */
  List<InetSocketAddress> servers() {
    return servers;
  }

  private void vote(Sighting sighting) {
    votes.onObserved(
        sighting.transport(),
        sighting.local(),
        sighting.observer().getAddress(),
        sighting.peer(),
        sighting.seen(),
        context.now());
  }

  /** The addresses besides its own at which this port can perhaps be reached, best first. */
  List<Found> at(Transport transport, InetSocketAddress local) {
    return votes.agreed(transport, local, context.now()).stream()
        .map(
            mapped ->
                new Found(
                    new Candidate(transport, mapped),
                    CandidateRank.Kind.SERVER_REFLEXIVE,
                    CandidateRank.Network.ORDINARY))
        .toList();
  }

  /** Asks whom it is time to ask; these are the ports of UDP that are open. */
  void look(List<UdpPort> ports) {
    List<InetSocketAddress> open = ports.stream().map(UdpPort::bound).toList();
    for (InetSocketAddress gone : locals) {
      if (!open.contains(gone)) {
        votes.onClosed(Transport.QUIC, gone);
        peers.values().removeIf(sighting -> sighting.local().equals(gone));
      }
    }
    // Another way out may have another NAT.
    boolean moved = !open.equals(locals);
    locals = open;
    Instant now = context.now();
    if (!now.isBefore(lookNamesUp)) {
      lookNamesUp = now.plus(LOOK_NAMES_UP_EVERY);
      lookNamesUp();
    }
    if (moved || !now.isBefore(askServers)) {
      askServers = now.plus(ASK_SERVERS_EVERY);
      askServers();
    }
    if (!now.isBefore(askPeers)) {
      askPeers = now.plus(ASK_PEERS_EVERY);
      List.copyOf(peers.values()).forEach(sighting -> askAgain(ports, sighting));
    }
  }

  private void askServers() {
    for (InetSocketAddress server : servers) {
      context.udpTowards(server).ifPresent(port -> ask(port, server, Optional.empty()));
    }
  }

  private void askAgain(List<UdpPort> ports, Sighting sighting) {
    ports.stream()
        .filter(port -> port.bound().equals(sighting.local()))
        .forEach(port -> ask(port, sighting.observer(), sighting.peer()));
  }

  private void ask(UdpPort port, InetSocketAddress observer, Optional<PeerId> peer) {
    InetSocketAddress local = port.bound();
    context.contacts().onSent(Protocol.UDP, observer.getAddress(), context.now());
    port.stun()
        .ask(
            observer,
            Retransmission.PROBE,
            List.of(),
            ended -> context.onControl(() -> onEnded(ended, local, observer, peer)));
  }

  private void onEnded(
      StunTransaction.Effect ended,
      InetSocketAddress local,
      InetSocketAddress observer,
      Optional<PeerId> peer) {
    if (ended instanceof StunTransaction.Effect.Answered answered) {
      answered
          .response()
          .reflexiveAddress()
          .ifPresent(seen -> vote(new Sighting(Transport.QUIC, local, observer, peer, seen)));
    } else {
      peer.ifPresent(peers::remove);
    }
  }

  /** On a thread of its own, since names can take long. */
  private void lookNamesUp() {
    if (named.isEmpty()) {
      return;
    }
    Thread thread = new Thread(this::resolve, context.threadName("names"));
    thread.setDaemon(true);
    thread.start();
  }

  private void resolve() {
    List<InetSocketAddress> found = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (InetSocketAddress server : named) {
      try {
        for (InetAddress ip : InetAddress.getAllByName(server.getHostString())) {
          found.add(new InetSocketAddress(ip, server.getPort()));
        }
      } catch (UnknownHostException e) {
        unknown.add(server.getHostString());
      }
    }
    List<InetSocketAddress> some = found.stream().distinct().limit(MAX_ADDRESSES).toList();
    context.onControl(
        () -> {
          servers = some.isEmpty() ? servers : some;
          askServers();
          if (!unknown.isEmpty()) {
            lookNamesUp = context.now().plus(ASK_SERVERS_EVERY);
          }
          if (!unknown.isEmpty() && warned.addAll(unknown)) {
            context
                .feed()
                .publish(
                    new Event.Warning(
                        "the STUN server "
                            + String.join(", ", unknown)
                            + " is not known by that name here, for now"));
          }
        });
  }
}
