package dev.crust.bench;

import dev.crust.Connection;
import dev.crust.Endpoint;
import dev.crust.Message;
import dev.crust.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A connection beside the bare Netty pipeline that it runs on, in alternation, in one run. As a
 * program it prints the figures; {@link SideBySideTest} holds them to their bounds.
 */
final class SideBySide implements AutoCloseable {
  private static final int ROUND_TRIP_BYTES = 64;

  private final Contender bare;
  private final Endpoint receiver;
  private final Endpoint sender;
  private final Connection connection;
  private final AtomicLong received = new AtomicLong();
  private volatile long expected = Long.MAX_VALUE;
  private volatile CountDownLatch arrived = new CountDownLatch(1);

  SideBySide(Transport transport) throws Exception {
    bare = transport == Transport.TCP ? new BarePipeline() : new BareQuic();
    receiver = endpoint(transport);
    sender = endpoint(transport);
    receiver.onMessage(
        (from, message) -> {
          if (received.addAndGet(message.length()) >= expected) {
            arrived.countDown();
          }
        });
    connection = sender.connect(receiver.address()).toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static Endpoint endpoint(Transport transport) throws IOException {
    return Endpoint.builder()
        .listen(transport, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .transports(Set.of(transport))
        .discoveries(List.of())
        .open();
  }

  /**
   * Our rate by the bare one.
   *
   * @param bytes how much goes through in each of the rounds
   * @param write the size of a message, and of a bare write, in bytes
   * @return the median over the rounds
   */
  double throughput(long bytes, int write, int rounds) throws Exception {
    double[] ratios = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime();
      bare.transfer(bytes, write);
      long middle = System.nanoTime();
      transfer(bytes, write);
      long end = System.nanoTime();
      ratios[round] = (double) (middle - start) / (end - middle);
      System.out.printf(
          Locale.ROOT,
          "%4d KiB messages: bare %6.0f MB/s, crust %6.0f MB/s, ratio %.2f%n",
          write >> 10,
          rate(bytes, middle - start),
          rate(bytes, end - middle),
          ratios[round]);
    }
    Arrays.sort(ratios);
    return ratios[rounds / 2];
  }

  private static double rate(long bytes, long nanos) {
    return bytes * 1e3 / nanos;
  }

  private void transfer(long bytes, int write) throws Exception {
    byte[] payload = new byte[write];
    arrived = new CountDownLatch(1);
    received.set(0);
    expected = bytes;
    for (long sent = 0; sent < bytes; sent += write) {
      connection.send(Message.wrap(Message.DEFAULT_PRIORITY, payload));
    }
    if (!arrived.await(120, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the messages did not arrive");
    }
  }

  /**
   * Our median round trip, from send to acknowledgement, by the bare echo's.
   *
   * @return the median over the rounds
   */
  double roundTrips(int count, int rounds) throws Exception {
    double[] ratios = new double[rounds];
    byte[] payload = new byte[ROUND_TRIP_BYTES];
    for (int round = 0; round < rounds; round++) {
      long[] theirs = new long[count];
      long[] ours = new long[count];
      for (int i = 0; i < count; i++) {
        long start = System.nanoTime();
        bare.roundTrip(ROUND_TRIP_BYTES);
        theirs[i] = System.nanoTime() - start;
      }
      for (int i = 0; i < count; i++) {
        long start = System.nanoTime();
        connection.send(Message.wrap(0, payload)).toCompletableFuture().get(10, TimeUnit.SECONDS);
        ours[i] = System.nanoTime() - start;
      }
      Arrays.sort(theirs);
      Arrays.sort(ours);
      ratios[round] = (double) ours[count / 2] / theirs[count / 2];
      System.out.printf(
          Locale.ROOT,
          "64 B round trip p50/p99: bare %d/%d us, crust %d/%d us, ratio of p50 %.2f%n",
          theirs[count / 2] / 1000,
          theirs[count * 99 / 100] / 1000,
          ours[count / 2] / 1000,
          ours[count * 99 / 100] / 1000,
          ratios[round]);
    }
    Arrays.sort(ratios);
    return ratios[rounds / 2];
  }

  @Override
  public void close() {
    sender.close();
    receiver.close();
    bare.close();
  }

  /** Prints the figures: over TCP, or over what the first argument says. */
  public static void main(String[] arguments) throws Exception {
    Transport transport =
        arguments.length == 0
            ? Transport.TCP
            : Transport.valueOf(arguments[0].toUpperCase(Locale.ROOT));
    try (SideBySide pair = new SideBySide(transport)) {
      pair.throughput(512L << 20, 64 << 10, 2);
      pair.roundTrips(2000, 1);
      System.out.println("warm:");
      System.out.printf(
          Locale.ROOT,
          "median of throughput, 64 KiB: %.2f%nmedian of throughput, 16 KiB: %.2f%nmedian of round trips: %.2f%n",
          pair.throughput(2L << 30, 64 << 10, 5),
          pair.throughput(1L << 30, 16 << 10, 5),
          pair.roundTrips(5000, 5));
    }
  }
}
