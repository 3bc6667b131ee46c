package dev.crust.bench;

import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Message;
import dev.crust.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Endpoints of one process that share the threads of their users. Two endpoints have one connection
 * at most, so many connections take endpoints on both sides: a grid. Used by one thread.
 */
final class Grid implements AutoCloseable {
  /** Dials under way at once. */
  private static final int BATCH = 32;

  private static final int USER_THREADS = 4;

  private final ExecutorService users =
      Executors.newFixedThreadPool(
          USER_THREADS,
          task -> {
            Thread thread = new Thread(task, "grid-users");
            thread.setDaemon(true);
            return thread;
          });
  private final List<Endpoint> endpoints = new ArrayList<>();

  /** As many endpoints on each side are enough for so many connections. */
  static int side(int connections) {
    return (int) Math.ceil(Math.sqrt(connections));
  }

  /** Opens this many endpoints. */
  Grid(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      endpoints.add(
          CrustPair.endpoint(Transport.TCP, InetAddress.getLoopbackAddress())
              .executor(users)
              .open());
    }
  }

  List<Endpoint> endpoints() {
    return endpoints;
  }

  List<CrustAddress> addresses() {
    return endpoints.stream().map(Endpoint::address).toList();
  }

  /**
   * Connects pairs of endpoints and addresses, from one ordinal to another; returns when each
   * connection has carried a message. The ordinals go through all endpoints before an endpoint gets
   * its next connection, and if there are as many addresses, through all of them.
   */
  void connect(List<CrustAddress> to, int from, int until) throws Exception {
    for (int start = from; start < until; start += BATCH) {
      List<CompletionStage<Connection>> dials = new ArrayList<>();
      for (int i = start; i < Math.min(start + BATCH, until); i++) {
        int endpoint = i % endpoints.size();
        int turn = i / endpoints.size();
        dials.add(endpoints.get(endpoint).connect(to.get((endpoint + turn) % to.size())));
      }
      for (CompletionStage<Connection> dial : dials) {
        CrustPair.await(CrustPair.await(dial).send(Message.wrap(0, new byte[64])));
      }
    }
  }

  int connections() {
    return endpoints.stream().mapToInt(it -> it.connections().size()).sum();
  }

  @Override
  public void close() {
    endpoints.forEach(Endpoint::close);
    users.shutdownNow();
  }
}
