package dev.crust;

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
    EndpointBuilder builder = Endpoint.builder().discoveries(List.of());
    for (Transport transport : transports()) {
      builder.listen(transport, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }
    return builder;
  }
}
