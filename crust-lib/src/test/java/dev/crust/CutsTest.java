package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import java.net.InetAddress;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A connection whose TCP connections are cut, in the middle of whatever passes. */
@Timeout(600)
final class CutsTest {
  @Test
  void twentyCuts() throws Exception {
    run(20, 64 << 20, 10_000);
  }

  @Test
  @Tag("full")
  void twoHundredCuts() throws Exception {
    run(200, 1 << 30, 100_000);
  }

  /** The proxy is gone with the path, and where the dialled one listens was never told. */
  @Test
  void theDialledSideCanDialBack() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      Connection connection;
      try (TcpProxy proxy =
          new TcpProxy(
              LoopbackEndpoints.port(alice),
              InetAddress.getLoopbackAddress(),
              TcpProxy.elsewhere(),
              true)) {
        connection = bob.connect(LoopbackEndpoints.at(alice.id(), proxy.port()));
        await(connection.ping());
      }
      await(connection.send(Message.of("over a path that alice has dialled")));
      assertThat(connection.path().local().getPort()).isEqualTo(LoopbackEndpoints.port(bob));
      assertThat(bob.events()).noneMatch(Event.Lost.class::isInstance);
    }
  }

  private static void run(int cuts, int bytes, int messages) throws Exception {
    Random random = new Random(7);
    InetAddress elsewhere = TcpProxy.elsewhere();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      CompletableFuture<byte[]> digest = new CompletableFuture<>();
      CompletableFuture<Integer> counted = new CompletableFuture<>();
      Numbers numbers = new Numbers(messages, counted);
      alice.endpoint().onMessage((connection, message) -> numbers.onMessage(message));
      alice
          .endpoint()
          .onStream(stream -> start(() -> digest.complete(Bulk.digest(stream.input()))));
      try (TcpProxy proxy =
          new TcpProxy(LoopbackEndpoints.port(alice), elsewhere, elsewhere, false)) {
        Connection connection =
            bob.connect(CrustAddress.of(alice.id(), List.of(Candidate.tcp(proxy.address()))));
        PeerStream stream = await(connection.openStream(200));
        AtomicReference<byte[]> sent = new AtomicReference<>();
        CompletableFuture<Void> written = start(() -> sent.set(Bulk.write(stream.output(), bytes)));
        CompletableFuture<CompletionStage<Void>> last = new CompletableFuture<>();
        CompletableFuture<Void> numbered = start(() -> last.complete(number(connection, messages)));

        // Most cuts fall into the transfer, and a few into the greeting of the path before.
        int resumed = 0;
        for (int i = 0; i < cuts && !written.isDone(); i++) {
          boolean early = random.nextInt(5) == 0;
          proxy.cutAfter(1 + random.nextInt(early ? 4000 : bytes / cuts));
          while (proxy.cutIsDue() && !written.isDone()) {
            Event event = bob.events().poll(100, TimeUnit.MILLISECONDS);
            assertThat(event instanceof Event.Lost).as("%s", event).isFalse();
            resumed += event instanceof Event.PathChanged moved && moved.to().isPresent() ? 1 : 0;
          }
        }
        written.get(300, TimeUnit.SECONDS);
        numbered.get(300, TimeUnit.SECONDS);
        assertThat(digest.get(60, TimeUnit.SECONDS)).isEqualTo(sent.get());
        assertThat(counted.get(60, TimeUnit.SECONDS)).isEqualTo(messages);
        last.get(60, TimeUnit.SECONDS).toCompletableFuture().get(60, TimeUnit.SECONDS);
        assertThat(alice.endpoint().connections()).hasSize(1);
        assertThat(resumed).as("times resumed").isGreaterThan(cuts / 3);
      }
    }
  }

  /** Numbers that must come once, in order. */
  private static final class Numbers {
    private final int all;
    private final CompletableFuture<Integer> counted;
    private int next = 1;

    Numbers(int all, CompletableFuture<Integer> counted) {
      this.all = all;
      this.counted = counted;
    }

    void onMessage(Message message) {
      if (!message.text().equals(Integer.toString(next))) {
        counted.completeExceptionally(
            new AssertionError(message.text() + " came where " + next + " was next"));
      }
      if (next++ == all) {
        counted.complete(all);
      }
    }
  }

  private static CompletionStage<Void> number(Connection connection, int count) {
    CompletionStage<Void> last = CompletableFuture.completedFuture(null);
    for (int i = 1; i <= count; i++) {
      last = connection.send(Message.of(Integer.toString(i)));
    }
    return last;
  }

  private interface Task {
    void run() throws Exception;
  }

  private static CompletableFuture<Void> start(Task task) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
                done.complete(null);
              } catch (Exception e) {
                done.completeExceptionally(e);
              }
            },
            "cuts");
    thread.setDaemon(true);
    thread.start();
    return done;
  }
}
