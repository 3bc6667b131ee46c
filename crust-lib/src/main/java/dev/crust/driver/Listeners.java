package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.Event;
import dev.crust.io.Addresses;
import dev.crust.io.Pipe;
import dev.crust.io.TcpPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Where the endpoint listens, and the addresses that come of it, which follow the host's
 * interfaces. Opened and closed by the user's thread, looks after the addresses on the control
 * loop; may be read by any thread.
 */
final class Listeners {
  private static final long LOOK_EVERY_MILLIS = 1000;

  private final EndpointContext context;
  private final Runnable changed;
  private final List<TcpPort.Listener> open = new ArrayList<>();
  private volatile List<Candidate> candidates = List.of();

  /**
   * None yet.
   *
   * @param changed called on the control loop when the candidates have changed
   */
  Listeners(EndpointContext context, Runnable changed) {
    this.context = context;
    this.changed = changed;
  }

  /** Listens at these addresses; at none in particular if there is none. */
  void open(List<InetSocketAddress> addresses, Function<Pipe, Pipe.Reader> readers)
      throws IOException {
    if (addresses.isEmpty()) {
      openAnywhere(readers);
    }
    for (InetSocketAddress address : withoutCovered(addresses)) {
      open.add(context.tcp().listen(address, readers));
    }
    candidates = look();
    context.feed().publish(new Event.Listening(address()));

    context
        .control()
        .scheduleWithFixedDelay(
            this::lookAgain, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void openAnywhere(Function<Pipe, Pipe.Reader> readers) throws IOException {
    try {
      open.add(
          context.tcp().listen(new InetSocketAddress(InetAddress.getByName("::"), 0), readers));
    } catch (IOException noIpv6) {
      InetSocketAddress ipv4 = new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 0);
      open.add(context.tcp().listen(ipv4, readers));
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
    return List.copyOf(found);
  }

  /** Every candidate, those for this host and this link alone included. */
  List<Candidate> candidates() {
    return candidates;
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
    return CrustAddress.of(
        context.self(), told.stream().limit(CrustAddress.MAX_CANDIDATES).toList());
  }

  void close() {
    open.forEach(TcpPort.Listener::close);
  }
}
