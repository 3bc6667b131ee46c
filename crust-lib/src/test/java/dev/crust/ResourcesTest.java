package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What endpoints leave behind when they are closed: nothing. */
@Timeout(180)
final class ResourcesTest {
  private static final int ENDPOINTS = 200;
  private static final int NEIGHBOURS = 10;

  /** So many close at once, since each waits for its peers' last: a second at most. */
  private static final int CLOSING_AT_ONCE = 20;

  @Test
  void twoHundredEndpoints() throws Exception {
    leaveNothing(Over.TCP);
  }

  @ParameterizedTest
  @Tag("full")
  @EnumSource(names = {"QUIC", "ANY"})
  void twoHundredEndpointsWithQuic(Over over) throws Exception {
    leaveNothing(over);
  }

  private static void leaveNothing(Over over) throws Exception {
    // What Netty and the JDK load once, and then keep, is not counted.
    run(over, ENDPOINTS, NEIGHBOURS);
    int socketsBefore = sockets();
    long directBefore = directMemory();
    run(over, ENDPOINTS, NEIGHBOURS);
    assertThat(threads()).as("threads").isEmpty();
    assertThat(sockets()).as("sockets").isLessThanOrEqualTo(socketsBefore);
    // The allocator keeps chunks for the next one who asks; what it keeps must not grow.
    assertThat(directMemory()).as("direct memory").isLessThan(directBefore + (16 << 20));
    provokeLeakReports();
  }

  private static long directMemory() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }

  /**
   * Netty's detector reports, in the test's output, what was collected without a release; the build
   * looks there.
   */
  private static void provokeLeakReports() {
    System.gc();
    for (int i = 0; i < 1000; i++) {
      ByteBufAllocator.DEFAULT.buffer(16).release();
    }
  }

  private static void run(Over over, int count, int neighbours) throws Exception {
    List<Endpoint> endpoints = new ArrayList<>();
    CountDownLatch connected = new CountDownLatch(count * neighbours);
    try {
      for (int i = 0; i < count; i++) {
        Endpoint endpoint = over.builder().open();
        endpoint.onEvent(
            event -> {
              if (event instanceof Event.Connected) {
                connected.countDown();
              }
            });
        endpoints.add(endpoint);
      }
      for (int i = 0; i < count; i++) {
        List<CompletionStage<Connection>> dials = new ArrayList<>();
        for (int j = 1; j <= neighbours / 2; j++) {
          dials.add(endpoints.get(i).connect(endpoints.get((i + j) % count).address()));
        }
        for (CompletionStage<Connection> dial : dials) {
          await(await(dial).send(Message.of("hello")));
        }
      }
      // Whoever was dialled is told a little later.
      assertThat(connected.await(10, TimeUnit.SECONDS)).isTrue();
      for (Endpoint endpoint : endpoints) {
        assertThat(endpoint.connections()).hasSize(neighbours);
      }
    } finally {
      close(endpoints);
    }
  }

  private static void close(List<Endpoint> endpoints) throws InterruptedException {
    ExecutorService closers = Executors.newFixedThreadPool(CLOSING_AT_ONCE);
    endpoints.forEach(endpoint -> closers.execute(endpoint::close));
    closers.shutdown();
    assertThat(closers.awaitTermination(60, TimeUnit.SECONDS)).as("closed in time").isTrue();
  }

  /** Threads of endpoints that still run; those that are on their way out are waited for. */
  private static List<String> threads() throws InterruptedException {
    List<String> left = new ArrayList<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("crust-")) {
        thread.join(10_000);
        if (thread.isAlive()) {
          left.add(thread.getName());
        }
      }
    }
    return left;
  }

  private static int sockets() throws IOException {
    int count = 0;
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith("socket:") || target.contains("eventpoll")) {
            count++;
          }
        } catch (IOException closedMeanwhile) {
          // Not there any more, so not left behind.
        }
      }
    }
    return count;
  }
}
