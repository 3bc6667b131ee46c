package dev.crust.io;

import dev.crust.PeerId;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A {@link UdpPort} at each useful address of this host, which come and go; the same port number at
 * all of them where it is free. A host with two public addresses has a second socket at each of
 * them, for STUN. Thread-safe; never waits.
 */
public final class UdpPorts implements AutoCloseable {
  /** So many at most. */
  public static final int MAX_PORTS = 16;

  private final EventLoops loops;
  private final QuicTls tls;
  private final InstantSource clock;
  private final Function<Pipe, Pipe.Reader> readers;
  private final Map<InetAddress, UdpPort> open = new LinkedHashMap<>();
  private final Set<InetAddress> opening = new LinkedHashSet<>();
  private final List<SecondPorts> seconds;
  private int preferred;
  private boolean closed;

  /**
   * None yet.
   *
   * @param port the number to use, or 0 for a random one
   * @param readers makes the reader of each connection that comes in; called on its port's loop
   */
  public UdpPorts(
      EventLoops loops,
      QuicTls tls,
      InstantSource clock,
      int port,
      Function<Pipe, Pipe.Reader> readers) {
    this.loops = loops;
    this.tls = tls;
    this.clock = clock;
    this.preferred = port;
    this.readers = readers;
    this.seconds =
        List.of(
            new SecondPorts(loops, clock, Inet4Address.class),
            new SecondPorts(loops, clock, Inet6Address.class));
  }

  /**
   * These are the host's addresses now, most useful first: ports at those that are gone are closed,
   * others are opened.
   *
   * @return done when all is as it should be; an IOException if an address cannot be had, while the
   *     others stay open
   */
  public CompletableFuture<Void> update(Collection<InetAddress> addresses) {
    List<InetAddress> wanted = addresses.stream().distinct().limit(MAX_PORTS).toList();
    List<UdpPort> gone = new ArrayList<>();
    List<InetAddress> fresh = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return CompletableFuture.completedFuture(null);
      }
      open.values()
          .removeIf(
              port -> {
                boolean stays = wanted.contains(port.bound().getAddress());
                if (!stays) {
                  gone.add(port);
                }
                return !stays;
              });
      for (InetAddress address : wanted) {
        if (!open.containsKey(address) && opening.add(address)) {
          fresh.add(address);
        }
      }
    }
    gone.forEach(UdpPort::close);
    // One after the other: the first may choose the number that the others then use, too.
    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
    for (InetAddress address : fresh) {
      all =
          all.handle((done, failed) -> failed)
              .thenCompose(earlier -> openAt(address).thenCompose(done -> result(earlier)));
    }
    return all.handle((done, failed) -> failed)
        .thenCompose(failed -> followSeconds().thenCompose(done -> result(failed)));
  }

  private CompletableFuture<Void> followSeconds() {
    List<UdpPort> now = ports();
    return CompletableFuture.allOf(
        seconds.stream().map(each -> each.follow(now)).toArray(CompletableFuture[]::new));
  }

  private static CompletableFuture<Void> result(@Nullable Throwable failed) {
    return failed == null
        ? CompletableFuture.completedFuture(null)
        : CompletableFuture.failedFuture(failed);
  }

  private CompletableFuture<Void> openAt(InetAddress address) {
    int number = preferred();
    CompletableFuture<UdpPort> first = openAt(address, number);
    CompletableFuture<UdpPort> any =
        number == 0 ? first : first.exceptionallyCompose(taken -> openAt(address, 0));
    return any.handle(
            (port, failed) -> {
              opened(address, port);
              return failed;
            })
        .thenCompose(UdpPorts::result);
  }

  private CompletableFuture<UdpPort> openAt(InetAddress address, int number) {
    return UdpPort.open(loops, tls, clock, new InetSocketAddress(address, number), readers);
  }

  private synchronized int preferred() {
    return preferred;
  }

  private void opened(InetAddress address, @Nullable UdpPort port) {
    boolean late;
    synchronized (this) {
      opening.remove(address);
      late = closed;
      if (port != null && !late) {
        open.put(address, port);
        preferred = preferred == 0 ? port.bound().getPort() : preferred;
      }
    }
    if (port != null && late) {
      port.close();
    }
  }

  /** The ports that are open, in the order of their opening. */
  public synchronized List<UdpPort> ports() {
    return List.copyOf(open.values());
  }

  /** The port from whose address the kernel would send to this one. */
  public Optional<UdpPort> towards(InetSocketAddress remote) {
    return Addresses.source(remote)
        .flatMap(
            source -> {
              synchronized (this) {
                return Optional.ofNullable(open.get(source));
              }
            });
  }

  /**
   * Dials from the port that fits; see {@link UdpPort#dial}.
   *
   * @throws IOException if no port of ours leads there
   */
  public Outgoing dial(
      InetSocketAddress remote,
      PeerId expected,
      Duration timeout,
      Function<Pipe, Pipe.Reader> readers)
      throws IOException {
    UdpPort port =
        towards(remote)
            .orElseThrow(() -> new IOException("no address of this host leads to " + remote));
    return port.dial(remote, expected, timeout, readers);
  }

  /** Closes them all. */
  @Override
  public void close() {
    List<UdpPort> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(open.values());
      open.clear();
    }
    seconds.forEach(SecondPorts::close);
    all.forEach(UdpPort::close);
  }
}
