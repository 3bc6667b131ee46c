package dev.crust.examples;

import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalMethod;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Out of a network that lets nothing out but through its HTTP proxy: has that connect us (CONNECT,
 * RFC 9110 §9.3.6) to where the peer listens for TCP. The peer needs nothing of it.
 */
public final class HttpConnect implements TraversalMethod {
  /** As many of the peer's addresses are asked for. */
  private static final int MAX_TARGETS = 4;

  private final Supplier<Optional<InetSocketAddress>> proxy;

  /**
   * By the proxy that this JVM uses for HTTPS: {@code -Dhttps.proxyHost}, {@code
   * -Dhttps.proxyPort}.
   */
  public HttpConnect() {
    this.proxy = HttpConnect::proxyOfTheSystem;
  }

  /** By this proxy. */
  public HttpConnect(InetSocketAddress proxy) {
    this.proxy = () -> Optional.of(proxy);
  }

  private static Optional<InetSocketAddress> proxyOfTheSystem() {
    ProxySelector selector = ProxySelector.getDefault();
    return selector == null
        ? Optional.empty()
        : selector.select(URI.create("https://192.0.2.1/")).stream()
            .filter(each -> each.type() == Proxy.Type.HTTP)
            .map(each -> (InetSocketAddress) each.address())
            .findFirst();
  }

  @Override
  public String name() {
    return "http-connect";
  }

  @Override
  public Needs needs() {
    return Needs.ONE_SIDE;
  }

  /** After what costs nobody else anything. */
  @Override
  public Verdict judge(Round round) {
    if (proxy.get().isEmpty()) {
      return new Verdict.DoesNot("no proxy is set");
    } else if (round.peer().candidates(Protocol.TCP).isEmpty()) {
      return new Verdict.DoesNot("the peer does not listen for TCP");
    }
    return new Verdict.Applies(1);
  }

  @Override
  public Effort start(Site site) {
    return new Tunnelling(site, proxy.get().orElseThrow());
  }

  /** Tries the peer's addresses one after the other, best first. */
  private static final class Tunnelling implements Effort {
    private final Site site;
    private final InetSocketAddress proxy;
    private final Queue<InetSocketAddress> targets = new ArrayDeque<>();
    private @Nullable Tunnel current;

    Tunnelling(Site site, InetSocketAddress proxy) {
      this.site = site;
      this.proxy = proxy;
    }

    @Override
    public void begin(Round round) {
      close();
      targets.addAll(targets(round));
      site.at(round.start(), () -> next(round, "it has no address to try"));
    }

    /** Where others see the peer; on its word alone one, or the proxy would flood for us. */
    private List<InetSocketAddress> targets(Round round) {
      List<InetSocketAddress> told =
          round.peer().candidates(Protocol.TCP).stream().map(TraversalCandidate::address).toList();
      List<InetSocketAddress> seen =
          told.stream()
              .filter(each -> site.observed().contains(each.getAddress()))
              .limit(MAX_TARGETS)
              .toList();
      return seen.isEmpty() ? told.subList(0, Math.min(1, told.size())) : seen;
    }

    private void next(Round round, String before) {
      InetSocketAddress target = targets.poll();
      if (target == null) {
        site.failed(round, before, Next.NOTHING);
      } else {
        current = new Tunnel(site, proxy, target, why -> next(round, why));
        current.open();
      }
    }

    @Override
    public void close() {
      targets.clear();
      if (current != null) {
        current.close();
        current = null;
      }
    }
  }
}
