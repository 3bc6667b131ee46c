package dev.crust.driver;

import dev.crust.Endpoint;
import dev.crust.EndpointBuilder.TlsEngine;
import dev.crust.Identity;
import dev.crust.spi.Discovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** The endpoint of this process. */
public final class LocalEndpoint {
  private LocalEndpoint() {}

  /** What the builder was told. */
  public record Settings(
      Identity identity,
      String network,
      List<InetSocketAddress> listen,
      TlsEngine tlsEngine,
      Optional<Executor> executor,
      int maxMessageSize,
      Duration dialTimeout,
      Duration heartbeat,
      List<Discovery> discoveries) {}

  /** Opens it. */
  @SuppressWarnings("DoNotCallSuggester")
  public static Endpoint open(Settings settings) throws IOException {
    throw new IOException("not yet");
  }
}
