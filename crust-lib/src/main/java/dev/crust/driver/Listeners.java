package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.EndpointBuilder.Place;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.io.Addresses;
import dev.crust.io.Pipe;
import dev.crust.io.PunchPort;
import dev.crust.io.TcpPort;
import dev.crust.io.UdpPort;
import dev.crust.io.UdpPorts;
import dev.crust.proto.dial.CandidateRank;
import dev.crust.proto.dial.CandidateRank.Found;
import dev.crust.proto.dial.CandidateRank.Network;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where the endpoint listens, and the addresses that come of it, which follow the host's
 * interfaces. Opened and closed by the user's thread, looks after the addresses on the control
 * loop; may be read by any thread.
 */
final class Listeners {
  private static final long LOOK_EVERY_MILLIS = 1000;

  /** What a TCP port at one address is seen as, peers tell; votes grow old all the same. */
  private static final long LOOK_WHEN_SETTLED_MILLIS = 10_000;

  private static final long BIND_PATIENCE_SECONDS = 10;

  private final EndpointContext context;
  private final Runnable changed;
  private final List<TcpPort.Listener> open = new ArrayList<>();
  private final List<QuicPlace> quic = new ArrayList<>();
  private final OutsideView outside;
  private final NatView nat;
  private volatile List<Found> hosts = List.of();
  private volatile List<Found> reflexive = List.of();
  private volatile List<PeerId> relays = List.of();

  /**
   * None yet.
   *
   * @param changed called on the control loop when the candidates have changed
   */
  Listeners(EndpointContext context, Runnable changed) {
    this.context = context;
    this.changed = changed;
    this.outside = new OutsideView(context, context.stunServers());
    this.nat = new NatView(context, outside, this::tcpTowards);
  }

  /** Listens at these places; at every interface if there is none. */
  void open(List<Place> places, Function<Pipe, Pipe.Reader> readers) throws IOException {
    if (context.speaks(Transport.TCP)) {
      openTcp(places, readers);
    }
    if (context.speaks(Transport.QUIC)) {
      openQuic(places, readers);
    }
    hosts = look();
    context.onControl(() -> nat.look(udp(), tcp()));
    context.feed().publish(new Event.Listening(address()));
    long every = restless() ? LOOK_EVERY_MILLIS : LOOK_WHEN_SETTLED_MILLIS;
    context.control().scheduleWithFixedDelay(this::lookAgain, every, every, TimeUnit.MILLISECONDS);
  }

  /** Whether our addresses may change: those of all interfaces, and those that a NAT gives. */
  private boolean restless() {
    return !quic.isEmpty()
        || open.stream().anyMatch(tcp -> tcp.bound().getAddress().isAnyLocalAddress());
  }

  private void openTcp(List<Place> places, Function<Pipe, Pipe.Reader> readers) throws IOException {
    if (places.isEmpty()) {
      openAnywhere(readers);
    }
    for (InetSocketAddress address : withoutCovered(addresses(places, Transport.TCP))) {
      open.add(listen(address, readers));
    }
  }

  private static List<InetSocketAddress> addresses(List<Place> places, Transport transport) {
    return places.stream()
        .filter(place -> place.transport() == transport)
        .map(Place::address)
        .toList();
  }

  private void openAnywhere(Function<Pipe, Pipe.Reader> readers) throws IOException {
    try {
      open.add(listen(anywhere("::"), readers));
    } catch (IOException noIpv6) {
      open.add(listen(anywhere("0.0.0.0"), readers));
    }
  }

  private TcpPort.Listener listen(InetSocketAddress address, Function<Pipe, Pipe.Reader> readers)
      throws IOException {
    return context
        .tcp()
        .listen(address, readers, context.expected(), context.nonces().by(Protocol.TCP));
  }

  private static InetSocketAddress anywhere(String ip) throws IOException {
    return new InetSocketAddress(InetAddress.getByName(ip), 0);
  }

  private void openQuic(List<Place> places, Function<Pipe, Pipe.Reader> readers)
      throws IOException {
    List<InetSocketAddress> addresses =
        places.isEmpty()
            ? List.of(anywhere("::"))
            : withoutCovered(addresses(places, Transport.QUIC));
    for (InetSocketAddress address : addresses) {
      Optional<UdpPorts> ports = context.openUdp(address.getPort(), readers);
      if (ports.isPresent()) {
        QuicPlace place = new QuicPlace(address, ports.get());
        quic.add(place);
        CompletableFuture<Void> bound = place.update();
        try {
          bound.get(BIND_PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
          failToBind(address, place, e);
        } catch (TimeoutException e) {
          throw new IOException("cannot listen on quic://" + address + ": it takes too long", e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException("interrupted while opening quic://" + address);
        }
        checkPort(address, place);
      }
    }
  }

  /** One address of several may be unusable, if others are not; one that was named may not. */
  private static void failToBind(
      InetSocketAddress address, QuicPlace place, ExecutionException failed) throws IOException {
    if (place.ports.ports().isEmpty() || !address.getAddress().isAnyLocalAddress()) {
      throw new IOException(
          "cannot listen on quic://%s:%d: %s"
              .formatted(
                  address.getAddress().getHostAddress(), address.getPort(), failed.getMessage()),
          failed);
    }
  }

  private static void checkPort(InetSocketAddress address, QuicPlace place) throws IOException {
    boolean other =
        place.ports.ports().stream().anyMatch(port -> port.bound().getPort() != address.getPort());
    if (address.getPort() != 0 && other) {
      throw new IOException(
          "cannot listen on quic://%s:%d: the port is taken"
              .formatted(address.getAddress().getHostAddress(), address.getPort()));
    }
  }

  /** Where QUIC is listened on, and the ports that come of it. */
  private record QuicPlace(InetSocketAddress address, UdpPorts ports) {
    /** Ports at the addresses that the host has now. */
    CompletableFuture<Void> update() throws SocketException {
      return ports.update(
          Addresses.reachableAt(address).stream()
              .map(each -> each.address().getAddress())
              .toList());
    }
  }

  /**
   * {@code [::]} listens for IPv4 too, so {@code 0.0.0.0} with the same port would collide with it.
   */
  private static List<InetSocketAddress> withoutCovered(List<InetSocketAddress> addresses) {
    return addresses.stream()
        .filter(
            address ->
                !(isWildcard(address, 4)
                    && addresses.stream()
                        .anyMatch(
                            other ->
                                isWildcard(other, 16) && other.getPort() == address.getPort())))
        .toList();
  }

  private static boolean isWildcard(InetSocketAddress address, int length) {
    return address.getAddress().isAnyLocalAddress()
        && address.getAddress().getAddress().length == length;
  }

  private void lookAgain() {
    try {
      for (QuicPlace place : quic) {
        place.update();
      }
      outside.look(udp());
      become(look(), reflexive());
      nat.look(udp(), tcp());
    } catch (SocketException e) {
      // The interfaces are changing right now; the next look will tell.
      return;
    }
  }

  /** A peer has said how it sees a port of ours. On the control loop. */
  void onSighting(Sighting sighting) {
    boolean ours =
        hosts.stream()
            .map(Found::candidate)
            .anyMatch(
                host ->
                    host.transport() == sighting.transport()
                        && host.address().equals(sighting.local()));
    // What is dialled by TCP leaves by a port of its own, whose mapping is of use to nobody.
    if (ours) {
      outside.onSighting(sighting);
      become(hosts, reflexive());
    }
  }

  private void become(List<Found> nowHosts, List<Found> nowReflexive) {
    if (!nowHosts.equals(hosts) || !nowReflexive.equals(reflexive)) {
      hosts = nowHosts;
      reflexive = nowReflexive;
      context.feed().publish(new Event.Listening(address()));
      changed.run();
    }
  }

  private List<Found> look() throws SocketException {
    List<Found> found = new ArrayList<>();
    for (TcpPort.Listener listener : open) {
      List<Addresses.Reachable> reachable = Addresses.reachableAt(listener.bound());
      listener.reachableAt(reachable.stream().map(Addresses.Reachable::address).toList());
      reachable.forEach(each -> found.add(host(Candidate.tcp(each.address()), each.network())));
    }
    for (QuicPlace place : quic) {
      Map<InetAddress, Network> networks = new HashMap<>();
      for (Addresses.Reachable each : Addresses.reachableAt(place.address)) {
        networks.put(each.address().getAddress(), each.network());
      }
      for (UdpPort port : place.ports.ports()) {
        Network network = networks.get(port.bound().getAddress());
        if (network != null) {
          found.add(host(Candidate.quic(port.bound()), network));
        }
      }
    }
    return List.copyOf(found);
  }

  private static Found host(Candidate candidate, Network network) {
    return new Found(candidate, CandidateRank.Kind.HOST, network);
  }

  private List<Found> reflexive() {
    return hosts.stream()
        .map(Found::candidate)
        .flatMap(host -> outside.at(host.transport(), host.address()).stream())
        .toList();
  }

  /** What stands between us and the world. On the control loop. */
  NatView nat() {
    return nat;
  }

  /** Our situation, as a peer is told that wants to meet us. On the control loop. */
  Situation situation() {
    return nat.situation(CandidateRank.best(fitToTell(hosts)));
  }

  /** The TCP port of ours to dial this address from, if a hole there would lead to a listener. */
  Optional<PunchPort> tcpTowards(InetSocketAddress remote) {
    return open.stream().flatMap(listener -> listener.towards(remote).stream()).findFirst();
  }

  /** Where we listen for TCP, as far as others may see it. */
  private List<InetSocketAddress> tcp() {
    return hosts.stream()
        .filter(host -> host.network() != Network.LOOPBACK)
        .map(Found::candidate)
        .filter(host -> host.transport() == Transport.TCP)
        .map(Candidate::address)
        .toList();
  }

  /** The UDP ports that are open. */
  List<UdpPort> udp() {
    return quic.stream().flatMap(place -> place.ports.ports().stream()).toList();
  }

  /** Every address of this host, those for this host and this link alone included. */
  List<Candidate> candidates() {
    return hosts.stream().map(Found::candidate).toList();
  }

  /** The addresses of this host at which we listen. */
  Set<InetAddress> addresses() {
    return hosts.stream()
        .map(each -> each.candidate().address().getAddress())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** The peers through which we can be reached. */
  List<PeerId> relays() {
    return relays;
  }

  /** Others relay for us now. On the control loop. */
  void relays(List<PeerId> now) {
    relays = now;
    context.feed().publish(new Event.Listening(address()));
  }

  /**
   * What is fit to be passed on: link-local and loopback candidates only where there is nothing
   * else.
   */
  CrustAddress address() {
    return address(InetAddress.getLoopbackAddress());
  }

  /**
   * What is fit to be told to a peer at this address: link-local and loopback candidates only to
   * one on this host, and only where there is nothing else.
   */
  CrustAddress address(InetAddress peer) {
    List<Found> all = Stream.concat(hosts.stream(), reflexive.stream()).toList();
    List<Found> told = peer.isLoopbackAddress() ? fitToTell(all) : global(all);
    return new CrustAddress(context.self(), CandidateRank.best(told), relays);
  }

  private static List<Found> fitToTell(List<Found> all) {
    List<Found> global = global(all);
    return global.isEmpty() ? all : global;
  }

  private static List<Found> global(List<Found> all) {
    return all.stream()
        .filter(found -> found.network() == Network.ORDINARY || found.network() == Network.VIRTUAL)
        .toList();
  }

  void close() {
    open.forEach(TcpPort.Listener::close);
  }

  /** Closes the UDP sockets, with whatever goes over them. */
  void closeQuic() {
    quic.forEach(place -> place.ports.close());
  }
}
