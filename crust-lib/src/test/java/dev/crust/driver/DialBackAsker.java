package dev.crust.driver;

import dev.crust.Endpoint;
import dev.crust.PeerId;
import dev.crust.spi.TraversalCandidate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Has an endpoint ask a peer to dial back, as it would by itself about addresses of the Internet.
 */
public final class DialBackAsker {
  private DialBackAsker() {}

  /** This address is its own now, and this peer dials back. */
  public static void ask(Endpoint endpoint, TraversalCandidate address, PeerId server)
      throws Exception {
    ReachabilityView view = ((LocalEndpoint) endpoint).peers().reachability();
    CompletableFuture<Void> done = new CompletableFuture<>();
    view.context()
        .onControl(
            () -> {
              view.consider(List.of(address), false);
              view.onServer(server);
              done.complete(null);
            });
    done.get(10, TimeUnit.SECONDS);
  }
}
