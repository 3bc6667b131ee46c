package dev.crust.io.beacon;

import dev.crust.proto.beacon.Link;
import dev.crust.proto.beacon.Surroundings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The socket at the port that all beacons of a host share, for one family of addresses. On the
 * search's thread.
 *
 * <p>A dual-stack IPv6 socket hears IPv4 as well; who listens must expect to hear things twice.
 */
final class SharedPort implements AutoCloseable {
  private static final int FAILURES_TO_WARN = 5;

  private final boolean ipv6;
  private final Selector selector;
  private final Consumer<String> warn;
  private final Set<Link> unjoined = new HashSet<>();
  private Set<Link> links = Set.of();
  private @Nullable DatagramChannel channel;
  private int failures;

  SharedPort(boolean ipv6, Selector selector, Consumer<String> warn) {
    this.ipv6 = ipv6;
    this.selector = selector;
    this.warn = warn;
  }

  /** Listens on these links and on no others. What fails is tried again at the next call. */
  void follow(List<Link> all) {
    Set<Link> wanted = all.stream().filter(link -> link.ipv6() == ipv6).collect(Collectors.toSet());
    if (channel == null || !wanted.equals(links)) {
      // A membership of an interface that is gone cannot be given back: begin anew.
      close();
      links = wanted;
      unjoined.addAll(wanted);
    }
    if (unjoined.isEmpty()) {
      return;
    }
    try {
      DatagramChannel open = channel == null ? open() : channel;
      channel = open;
      joinOn(open);
      failures = 0;
    } catch (IOException e) {
      onFailed(e);
    }
  }

  private DatagramChannel open() throws IOException {
    DatagramChannel fresh = Channels.open(ipv6);
    try {
      fresh.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      if (needsReusePort()
          && fresh.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT)) {
        fresh.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      }
      fresh.bind(new InetSocketAddress(wildcard(), Surroundings.PORT));
      fresh.register(selector, SelectionKey.OP_READ, this);
      return fresh;
    } catch (IOException | RuntimeException e) {
      Channels.close(fresh);
      throw e;
    }
  }

  private void joinOn(DatagramChannel open) throws IOException {
    InetAddress group = ipv6 ? Surroundings.GROUP6 : Surroundings.GROUP4;
    IOException failure = null;
    for (Link link : List.copyOf(unjoined)) {
      try {
        if (link.targets().contains(group)) {
          // Joining twice on one interface, for two addresses of it, does nothing the second time.
          open.join(group, Channels.networkInterface(link.interfaceIndex()));
        }
        unjoined.remove(link);
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** The socket broke; the next {@link #follow} opens another. */
  void onBroken(IOException e) {
    close();
    onFailed(e);
  }

  private void onFailed(IOException e) {
    failures++;
    if (failures == FAILURES_TO_WARN) {
      warn.accept(
          "the beacon cannot listen on UDP port %d over IPv%d (%s); it retries"
              .formatted(Surroundings.PORT, ipv6 ? 6 : 4, e.getMessage()));
    }
  }

  private InetAddress wildcard() throws IOException {
    return InetAddress.getByAddress(new byte[ipv6 ? 16 : 4]);
  }

  /** On Linux and Windows SO_REUSEADDR is what shares a port for multicast; on BSDs it is this. */
  private static boolean needsReusePort() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    return !system.startsWith("linux") && !system.startsWith("windows");
  }

  @Override
  public void close() {
    unjoined.clear();
    links = Set.of();
    Channels.close(channel);
    channel = null;
  }
}
