package dev.crust.bench;

import dev.crust.Connection;
import dev.crust.Endpoint;
import dev.crust.EndpointBuilder;
import dev.crust.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Two endpoints on loopback, connected by one transport. Thread-safe. */
final class CrustPair implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;

  private final Endpoint receiver;
  private final Endpoint sender;
  private final Connection connection;

  CrustPair(Transport transport) throws Exception {
    receiver = endpoint(transport, InetAddress.getLoopbackAddress()).open();
    sender = endpoint(transport, InetAddress.getLoopbackAddress()).open();
    connection = await(sender.connect(receiver.address()));
  }

  /** An endpoint for this transport alone that looks for nobody. */
  static EndpointBuilder endpoint(Transport transport, InetAddress address) {
    return Endpoint.builder()
        .listen(transport, new InetSocketAddress(address, 0))
        .transports(Set.of(transport))
        .discoveries(List.of());
  }

  static <T> T await(CompletionStage<T> stage)
      throws ExecutionException, InterruptedException, TimeoutException {
    return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  Endpoint receiver() {
    return receiver;
  }

  /** The connection as the sender has it. */
  Connection connection() {
    return connection;
  }

  @Override
  public void close() {
    sender.close();
    receiver.close();
  }
}
