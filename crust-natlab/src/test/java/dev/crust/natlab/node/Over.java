package dev.crust.natlab.node;

import dev.crust.EndpointBuilder;
import dev.crust.Transport;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;

/** What the endpoints of a test speak. */
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

  /** Makes an endpoint listen here by what it speaks, and by nothing else. */
  EndpointBuilder listen(EndpointBuilder builder, InetSocketAddress address) {
    transports().forEach(each -> builder.listen(each, address));
    return builder;
  }

  /** The command line's word. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
