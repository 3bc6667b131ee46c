package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.EndpointBuilder.Place;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.io.Addresses;
import dev.crust.io.Pipe;
import dev.crust.io.TcpPort;
import dev.crust.io.UdpPorts;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Where the endpoint listens, and the addresses that come of it, which follow the host's
 * interfaces. Opened and closed by the user's thread, looks after the addresses on the control
 * loop; may be read by any thread.
 */
final class Listeners {
  private static final long LOOK_EVERY_MILLIS = 1000;
  private static final long BIND_PATIENCE_SECONDS = 10;

  private final EndpointContext context;
  private final Runnable changed;
  private final List<TcpPort.Listener> open = new ArrayList<>();
  private final List<QuicPlace> quic = new ArrayList<>();
  private volatile List<Candidate> candidates = List.of();
  private volatile List<PeerId> relays = List.of();

  /**
   * None yet.
   *
   * @param changed called on the control loop when the candidates have changed
   */
  Listeners(EndpointContext context, Runnable changed) {
    this.context = context;
    this.changed = changed;
  }

  /** Listens at these places; at every interface if there is none. */
  void open(List<Place> places, Function<Pipe, Pipe.Reader> readers) throws IOException {
    if (context.speaks(Transport.TCP)) {
      openTcp(places, readers);
    }
    if (context.speaks(Transport.QUIC)) {
      openQuic(places, readers);
    }
    candidates = look();
    context.feed().publish(new Event.Listening(address()));

    context
        .control()
        .scheduleWithFixedDelay(
            this::lookAgain, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void openTcp(List<Place> places, Function<Pipe, Pipe.Reader> readers) throws IOException {
    if (places.isEmpty()) {
      openAnywhere(readers);
    }
    for (InetSocketAddress address : withoutCovered(addresses(places, Transport.TCP))) {
      open.add(context.tcp().listen(address, readers));
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
      open.add(context.tcp().listen(anywhere("::"), readers));
    } catch (IOException noIpv6) {
      open.add(context.tcp().listen(anywhere("0.0.0.0"), readers));
    }
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
          Addresses.reachableAt(address).stream().map(InetSocketAddress::getAddress).toList());
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
      List<Candidate> now = look();
      if (!now.equals(candidates)) {
        candidates = now;
        context.feed().publish(new Event.Listening(address()));
        changed.run();
      }
    } catch (SocketException e) {
      // The interfaces are changing right now; the next look will tell.
      return;
    }
  }

  private List<Candidate> look() throws SocketException {
    List<Candidate> found = new ArrayList<>();
    for (TcpPort.Listener listener : open) {
      for (InetSocketAddress address : Addresses.reachableAt(listener.bound())) {
        found.add(Candidate.tcp(address));
      }
    }
    for (QuicPlace place : quic) {
      place.ports.ports().forEach(port -> found.add(Candidate.quic(port.bound())));
    }
    return List.copyOf(found);
  }

  /** Every candidate, those for this host and this link alone included. */
  List<Candidate> candidates() {
    return candidates;
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
    List<Candidate> all = candidates;
    List<Candidate> global =
        all.stream()
            .filter(
                candidate -> {
                  InetAddress ip = candidate.address().getAddress();
                  return !ip.isLoopbackAddress() && !ip.isLinkLocalAddress();
                })
            .toList();
    List<Candidate> told = global.isEmpty() && peer.isLoopbackAddress() ? all : global;
    return new CrustAddress(context.self(), shortened(told), relays);
  }

  /** As many as an address holds: if there are too many, half of each transport at least. */
  private static List<Candidate> shortened(List<Candidate> all) {
    if (all.size() <= CrustAddress.MAX_CANDIDATES) {
      return all;
    }
    int half = CrustAddress.MAX_CANDIDATES / 2;
    List<Candidate> quic = all.stream().filter(it -> it.transport() == Transport.QUIC).toList();
    int ofTcp = CrustAddress.MAX_CANDIDATES - Math.min(half, quic.size());
    return Stream.concat(
            all.stream().filter(it -> it.transport() == Transport.TCP).limit(ofTcp), quic.stream())
        .limit(CrustAddress.MAX_CANDIDATES)
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
