package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.LoopbackEndpoints.Watched;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A connection whose paths are cut, in the middle of whatever passes. */
@Timeout(600)
final class CutsTest {
  /** Less passes where a cut is silent: each takes half a second at least to be noticed. */
  @ParameterizedTest
  @CsvSource({"TCP, 20, 64", "QUIC, 20, 20", "ANY, 20, 20"})
  @Execution(CONCURRENT)
  void aFewCuts(Over over, int cuts, int mebibytes) throws Exception {
    run(over, cuts, mebibytes << 20, 10_000);
  }

  @ParameterizedTest
  @CsvSource({"TCP, 200, 1024", "QUIC, 200, 128", "ANY, 200, 512"})
  @Tag("full")
  @Execution(CONCURRENT)
  void manyCuts(Over over, int cuts, int mebibytes) throws Exception {
    run(over, cuts, mebibytes << 20, 100_000);
  }

  /** The proxies are gone with the path, and where the dialled one listens was never told. */
  @ParameterizedTest
  @EnumSource
  @Execution(CONCURRENT)
  void theDialledSideCanDialBack(Over over) throws Exception {
    Duration heartbeat = Duration.ofMillis(250);
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(builder -> builder.heartbeat(heartbeat));
      Watched bob = endpoints.open(builder -> builder.heartbeat(heartbeat));
      Connection connection;
      CrustAddress dialled;
      try (Proxies proxies = Proxies.hidingTheDialled(alice)) {
        dialled = proxies.address();
        connection = bob.connect(dialled);
        await(connection.ping());
      }
      await(connection.send(Message.of("over a path that alice has dialled")));
      Path path = connection.path();
      assertThat(bob.listening(path.transport())).contains(path.local());
      assertThat(dialled.candidates()).extracting(Candidate::address).doesNotContain(path.remote());
      assertThat(bob.events()).noneMatch(Event.Lost.class::isInstance);
    }
  }

  private static void run(Over over, int cuts, int bytes, int messages) throws Exception {
    Random random = new Random(7);
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(over.dialled());
      Watched bob = endpoints.open(over.dialling());
      CompletableFuture<byte[]> digest = new CompletableFuture<>();
      CompletableFuture<Integer> counted = new CompletableFuture<>();
      Numbers numbers = new Numbers(messages, counted);
      alice.endpoint().onMessage((connection, message) -> numbers.onMessage(message));
      alice
          .endpoint()
          .onStream(stream -> start(() -> digest.complete(Bulk.digest(stream.input()))));
      Proxies proxies = endpoints.through(Proxies.hidingBoth(alice));
      Connection connection = bob.connect(proxies.address());
      PeerStream stream = await(connection.openStream(200));
      AtomicReference<byte[]> sent = new AtomicReference<>();
      CompletableFuture<Void> written = start(() -> sent.set(Bulk.write(stream.output(), bytes)));
      CompletableFuture<CompletionStage<Void>> last = new CompletableFuture<>();
      CompletableFuture<Void> numbered = start(() -> last.complete(number(connection, messages)));

      // Most cuts fall into the transfer, and a few into the greeting of the path before.
      Resumptions resumptions = new Resumptions(proxies.address());
      int made = 0;
      for (int i = 0; i < cuts && !written.isDone(); i++) {
        boolean early = random.nextInt(5) == 0;
        int after = 1 + random.nextInt(early ? 4000 : bytes / cuts);
        proxies.favourQuic(i % 2 == 0);
        if (over == Over.TCP || i % 4 != 3) {
          proxies.cutAfter(after);
        } else {
          proxies.forgetAfter(after);
        }
        while (proxies.cutIsDue() && !written.isDone()) {
          resumptions.onEvent(bob.events().poll(100, TimeUnit.MILLISECONDS));
        }
        made += proxies.cutIsDue() ? 0 : 1;
      }
      proxies.favourQuic(false);
      written.get(300, TimeUnit.SECONDS);
      numbered.get(300, TimeUnit.SECONDS);
      assertThat(digest.get(60, TimeUnit.SECONDS)).isEqualTo(sent.get());
      assertThat(counted.get(60, TimeUnit.SECONDS)).isEqualTo(messages);
      last.get(60, TimeUnit.SECONDS).toCompletableFuture().get(60, TimeUnit.SECONDS);
      assertThat(alice.endpoint().connections()).hasSize(1);
      List<Event> rest = new ArrayList<>();
      bob.events().drainTo(rest);
      rest.forEach(resumptions::onEvent);
      assertThat(made).as("cuts").isEqualTo(cuts);
      assertThat(resumptions.count).as("times resumed").isGreaterThan(cuts / 3);
      assertThat(resumptions.by).contains(over == Over.TCP ? Transport.TCP : Transport.QUIC);
    }
  }

  /** How often a connection that must not be lost was carried on, and by what. */
  private static final class Resumptions {
    private final CrustAddress dialled;
    private final Set<Transport> by = EnumSet.noneOf(Transport.class);
    private int count;

    Resumptions(CrustAddress dialled) {
      this.dialled = dialled;
    }

    void onEvent(@Nullable Event event) {
      assertThat(event instanceof Event.Lost).as("%s", event).isFalse();
      if (event instanceof Event.PathChanged moved && moved.to().isPresent()) {
        Path path = moved.to().get();
        assertThat(dialled.candidates()).contains(new Candidate(path.transport(), path.remote()));
        by.add(path.transport());
        count++;
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
