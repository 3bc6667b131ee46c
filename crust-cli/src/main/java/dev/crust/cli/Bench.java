package dev.crust.cli;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.PeerStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;

/** Measures a connection to a node that serves it. Blocks its caller. */
final class Bench {
  private final Dialled dialled;
  private final Duration time;

  /**
   * Measures.
   *
   * @param time for each of the measurements
   */
  Bench(Dialled dialled, Duration time) {
    this.dialled = dialled;
    this.time = time;
  }

  /** As many bytes as the peer takes. The clock stops when it says that it has the last. */
  Notice.Throughput up() throws IOException, CommandFailure, InterruptedException {
    PeerStream stream = PeerOptions.stream(dialled);
    StreamKind.SINK.open(stream);
    byte[] chunk = new byte[Stdin.CHUNK];
    long start = System.nanoTime();
    while (System.nanoTime() - start < time.toNanos()) {
      stream.output().write(chunk);
    }
    stream.finish();
    long bytes = new DataInputStream(stream.input()).readLong();
    Duration taken = Duration.ofNanos(System.nanoTime() - start);
    stream.close();
    return new Notice.Throughput(peer().peer(), true, bytes, taken, peer().path());
  }

  /** As many bytes as the peer sends. The clock starts at the first. */
  Notice.Throughput down() throws IOException, CommandFailure, InterruptedException {
    PeerStream stream = PeerOptions.stream(dialled);
    StreamKind.SOURCE.open(stream);
    InputStream input = stream.input();
    byte[] chunk = new byte[Stdin.CHUNK];
    long bytes = Math.max(input.read(chunk), 0);
    long start = System.nanoTime();
    while (System.nanoTime() - start < time.toNanos()) {
      int length = input.read(chunk);
      if (length < 0) {
        throw new IOException("the node finished too early");
      }
      bytes += length;
    }
    Duration taken = Duration.ofNanos(System.nanoTime() - start);
    stream.reset(StreamTrouble.DONE.code());
    return new Notice.Throughput(peer().peer(), false, bytes, taken, peer().path());
  }

  /** Pings, one after the other. */
  Notice.RoundTrips roundTrips() throws ConnectionLostException, InterruptedException {
    List<Duration> times = new ArrayList<>();
    long end = System.nanoTime() + time.toNanos();
    Pinger.End how =
        new Pinger(peer(), Duration.ZERO, new Semaphore(0))
            .run(
                Setup.DIAL_TIMEOUT.plus(time),
                pong -> {
                  times.add(pong.pong().roundTrip());
                  return System.nanoTime() < end;
                });
    if (how == Pinger.End.TIME && times.isEmpty()) {
      times.add(Setup.DIAL_TIMEOUT.plus(time));
    }
    List<Duration> sorted = times.stream().sorted().toList();
    int count = sorted.size();
    return new Notice.RoundTrips(
        peer().peer(), count, sorted.get(count / 2), sorted.get(count * 99 / 100), peer().path());
  }

  /** Connections of another endpoint, each closed before the next is dialled. */
  Notice.Connections connections(Endpoint other, CrustAddress target)
      throws CommandFailure, InterruptedException {
    long start = System.nanoTime();
    int count = 0;
    while (System.nanoTime() - start < time.toNanos()) {
      try {
        Connection connection = other.connect(target).toCompletableFuture().get();
        count++;
        connection.close();
        var unused = connection.closed().toCompletableFuture().get();
      } catch (ExecutionException e) {
        throw CommandFailure.failed(
            "connection %d could not be made: %s; try again"
                .formatted(count + 1, e.getCause() == null ? e : e.getCause().getMessage()));
      }
    }
    return new Notice.Connections(
        peer().peer(), count, Duration.ofNanos(System.nanoTime() - start));
  }

  private Connection peer() {
    return dialled.connection();
  }
}
