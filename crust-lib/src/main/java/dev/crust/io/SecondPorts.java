package dev.crust.io;

import dev.crust.proto.stun.StunServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What makes the ports of a host with two addresses a STUN server that can change its address and
 * port (RFC 5780 §6): at two of them a second socket, for STUN alone. One for each address family.
 * Thread-safe; never waits.
 */
final class SecondPorts implements AutoCloseable {
  /** A number that is free at the first address may be taken at the other. */
  private static final int TRIES = 3;

  private final EventLoops loops;
  private final InstantSource clock;
  private final Class<? extends InetAddress> family;
  private @Nullable Firsts firsts;
  private List<StunPort> open = List.of();
  private boolean closed;

  /** Two ports that have a second one each, or are to have. */
  private record Firsts(UdpPort one, UdpPort other) {
    AddressPair pair() {
      return new AddressPair(one.bound(), other.bound());
    }

    void alternates(StunAlternates known) {
      one.stun().alternates(known);
      other.stun().alternates(known);
    }
  }

  /** None yet. */
  SecondPorts(EventLoops loops, InstantSource clock, Class<? extends InetAddress> family) {
    this.loops = loops;
    this.clock = clock;
    this.family = family;
  }

  /**
   * These are the ports now. Where no second socket can be had, there is none until the addresses
   * change.
   *
   * @return done when the second sockets are as they should be; never fails
   */
  CompletableFuture<Void> follow(List<UdpPort> ports) {
    Firsts wanted = firsts(ports);
    synchronized (this) {
      if (closed || (firsts == null ? wanted == null : firsts.equals(wanted))) {
        return CompletableFuture.completedFuture(null);
      }
      drop();
      firsts = wanted;
    }
    return wanted == null ? CompletableFuture.completedFuture(null) : open(wanted, TRIES);
  }

  private @Nullable Firsts firsts(List<UdpPort> ports) {
    Optional<AddressPair> pair =
        AddressPair.of(ports.stream().map(UdpPort::bound).toList(), family);
    return pair.map(found -> new Firsts(at(found.one(), ports), at(found.other(), ports)))
        .orElse(null);
  }

  private static UdpPort at(InetSocketAddress address, List<UdpPort> ports) {
    return ports.stream().filter(port -> port.bound().equals(address)).findFirst().orElseThrow();
  }

  private CompletableFuture<Void> open(Firsts beside, int tries) {
    return open(beside.one, 0)
        .thenCompose(
            one ->
                open(beside.other, one.bound().getPort())
                    .handle(
                        (other, taken) -> {
                          if (other == null) {
                            one.close();
                            return tries > 1
                                ? open(beside, tries - 1)
                                : CompletableFuture.<Void>completedFuture(null);
                          }
                          opened(beside, one, other);
                          return CompletableFuture.<Void>completedFuture(null);
                        }))
        .thenCompose(done -> done)
        .exceptionally(gone -> null);
  }

  private CompletableFuture<StunPort> open(UdpPort beside, int port) {
    return StunPort.open(loops, clock, new InetSocketAddress(beside.bound().getAddress(), port));
  }

  private synchronized void opened(Firsts beside, StunPort one, StunPort other) {
    if (closed || !beside.equals(firsts)) {
      one.close();
      other.close();
      return;
    }
    open = List.of(one, other);
    StunServer.Alternates four = beside.pair().with(one.bound().getPort());
    StunAlternates known =
        StunAlternates.of(
            four,
            Map.of(
                beside.one.bound(), beside.one.stun(),
                beside.other.bound(), beside.other.stun(),
                one.bound(), one.stun(),
                other.bound(), other.stun()));
    one.stun().alternates(known);
    other.stun().alternates(known);
    beside.alternates(known);
  }

  private void drop() {
    if (firsts != null) {
      firsts.alternates(StunAlternates.none());
    }
    firsts = null;
    open.forEach(StunPort::close);
    open = List.of();
  }

  @Override
  public synchronized void close() {
    closed = true;
    drop();
  }
}
