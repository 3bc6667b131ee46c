package dev.crust.cli;

import dev.crust.Endpoint;
import dev.crust.EndpointBuilder;
import dev.crust.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;

/** What the two sides of a test speak, on random ports of loopback. */
enum Over {
  TCP,
  QUIC,
  ANY;

  private List<Transport> transports() {
    return switch (this) {
      case TCP -> List.of(Transport.TCP);
      case QUIC -> List.of(Transport.QUIC);
      case ANY -> List.of(Transport.values());
    };
  }

  /** For {@code --listen}. */
  String listen() {
    return transports().stream()
        .map(transport -> transport + "://127.0.0.1:0")
        .collect(Collectors.joining(","));
  }

  /** An endpoint that looks for nobody. */
  Endpoint endpoint() throws IOException {
    EndpointBuilder builder = Endpoint.builder().discoveries(List.of());
    for (Transport transport : transports()) {
      builder.listen(transport, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }
    return builder.open();
  }
}
