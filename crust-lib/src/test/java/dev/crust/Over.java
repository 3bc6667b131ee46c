package dev.crust;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;

/** What the endpoints of a test speak. */
enum Over {
  TCP,
  QUIC,
  ANY;

  private Set<Transport> transports() {
    return switch (this) {
      case TCP -> Set.of(Transport.TCP);
      case QUIC -> Set.of(Transport.QUIC);
      case ANY -> Set.of(Transport.values());
    };
  }

  /** Whether there is one to dial by. */
  boolean speaks(Candidate candidate) {
    return transports().contains(candidate.transport());
  }

  /** A builder for an endpoint that only listens on loopback and looks for nobody. */
  EndpointBuilder builder() {
    return listening(transports(), InetAddress.getLoopbackAddress());
  }

  /** The same for an endpoint that dials, and that one which is {@link #dialled} cannot dial. */
  EndpointBuilder dialling() {
    return listening(
        this == TCP ? Set.of(Transport.TCP) : Set.of(Transport.QUIC),
        InetAddress.getLoopbackAddress());
  }

  /**
   * The same for an endpoint that is dialled, and cannot dial by QUIC: the kernel would send from
   * an address at which it has no port.
   */
  EndpointBuilder dialled() throws IOException {
    return listening(transports(), InetAddress.getByName("127.0.0.2"));
  }

  private static EndpointBuilder listening(Set<Transport> transports, InetAddress quic) {
    EndpointBuilder builder = Endpoint.builder().discoveries(List.of());
    for (Transport transport : transports) {
      InetAddress at = transport == Transport.QUIC ? quic : InetAddress.getLoopbackAddress();
      builder.listen(transport, new InetSocketAddress(at, 0));
    }
    return builder;
  }
}
