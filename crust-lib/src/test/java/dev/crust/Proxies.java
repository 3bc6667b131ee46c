package dev.crust;

import dev.crust.LoopbackEndpoints.Watched;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A proxy on each way to an endpoint, which do what they do together. */
final class Proxies implements AutoCloseable {
  private final PeerId target;
  private final Fuse fuse = new Fuse();
  private final Optional<TcpProxy> tcp;
  private final Optional<UdpProxy> udp;

  private Proxies(Watched target, InetAddress tcpTowardsDialler, InetAddress towardsTarget)
      throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    Optional<InetSocketAddress> byTcp = target.listening(Transport.TCP);
    Optional<InetSocketAddress> byQuic = target.listening(Transport.QUIC);
    this.target = target.id();
    this.tcp =
        byTcp.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new TcpProxy(byTcp.get().getPort(), tcpTowardsDialler, towardsTarget, false, fuse));
    this.udp =
        byQuic.isEmpty()
            ? Optional.empty()
            : Optional.of(new UdpProxy(byQuic.get(), loopback, towardsTarget, fuse));
  }

  /** Proxies through which each tells the other where it listens. */
  static Proxies hidingNobody(Watched target) throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    return new Proxies(target, loopback, loopback);
  }

  /** Proxies behind which the dialled endpoint does not tell the dialler where it listens. */
  static Proxies hidingTheDialled(Watched target) throws IOException {
    return new Proxies(target, InetAddress.getLoopbackAddress(), TcpProxy.elsewhere());
  }

  /**
   * Proxies by which alone the two find each other, if their builders are {@link Over#dialling} and
   * {@link Over#dialled}.
   */
  static Proxies hidingBoth(Watched target) throws IOException {
    return new Proxies(target, TcpProxy.elsewhere(), TcpProxy.elsewhere());
  }

  /** Where to dial. */
  CrustAddress address() {
    List<Candidate> candidates = new ArrayList<>();
    tcp.ifPresent(proxy -> candidates.add(Candidate.tcp(proxy.address())));
    udp.ifPresent(proxy -> candidates.add(Candidate.quic(proxy.address())));
    return CrustAddress.of(target, candidates);
  }

  /** Whether a path of who dials leads through them. */
  boolean lead(Path path) {
    return address().candidates().contains(new Candidate(path.transport(), path.remote()));
  }

  /** Cuts every path in the middle of what passes, after so many bytes more. */
  void cutAfter(long bytes) {
    fuse.light(bytes, this::cut);
  }

  /** The same by what a router does that forgets: UDP goes on, from other ports. */
  void forgetAfter(long bytes) {
    fuse.light(bytes, this::forget);
  }

  /** Whether that is still to come. */
  boolean cutIsDue() {
    return fuse.burns();
  }

  /** Cuts every path: that by TCP breaks, that by QUIC falls silent. */
  void cut() throws IOException {
    if (tcp.isPresent()) {
      tcp.get().cut();
    }
    udp.ifPresent(UdpProxy::cut);
  }

  private void forget() throws IOException {
    if (tcp.isPresent()) {
      tcp.get().cut();
    }
    udp.ifPresent(UdpProxy::changePorts);
  }

  /** Lets nothing pass any more, and says nothing about it. */
  void fallSilent() {
    tcp.ifPresent(TcpProxy::fallSilent);
    udp.ifPresent(UdpProxy::fallSilent);
  }

  /** Whether who dials TCP from now on gets no answer, where there is QUIC to turn to. */
  void favourQuic(boolean quic) {
    if (tcp.isPresent() && udp.isPresent()) {
      tcp.get().release();
      if (quic) {
        tcp.get().holdBack();
      }
    }
  }

  @Override
  public void close() {
    try {
      if (tcp.isPresent()) {
        tcp.get().release();
        tcp.get().close();
      }
      if (udp.isPresent()) {
        udp.get().close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
