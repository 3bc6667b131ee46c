package dev.crust.bench;

import dev.crust.Connection;
import dev.crust.Endpoint;
import dev.crust.Message;
import dev.crust.PeerStream;
import dev.crust.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * The side that gets a bulk stream and urgent messages, which say when they were sent. It answers
 * {@code address}, {@code reset} and {@code report}.
 */
final class BusyReceiver implements Child.Role {
  static final String NAME = "busy-receiver";

  private static final int PATIENCE_SECONDS = 60;

  private final Endpoint endpoint;
  private final AtomicLong bulk = new AtomicLong();
  private final List<Long> delays = new ArrayList<>();
  private long since;

  BusyReceiver(List<String> arguments) throws Exception {
    Transport transport = Transport.valueOf(arguments.get(0));
    endpoint = CrustPair.endpoint(transport, InetAddress.getByName(arguments.get(1))).open();
    endpoint.onMessage(this::take);
    endpoint.onStream(this::drain);
  }

  private void take(Connection from, Message message) {
    long delay = System.nanoTime() - message.buffer().getLong();
    synchronized (delays) {
      delays.add(delay);
      delays.notifyAll();
    }
  }

  private void drain(PeerStream stream) {
    byte[] chunk = new byte[64 << 10];
    try (InputStream in = stream.input()) {
      for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
        bulk.addAndGet(length);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String answer(List<String> words) throws InterruptedException {
    return switch (words.get(0)) {
      case "address" -> endpoint.address().toString();
      case "reset" -> reset();
      case "report" -> report().text();
      default -> throw new IllegalArgumentException(words.toString());
    };
  }

  private String reset() {
    synchronized (delays) {
      delays.clear();
      since = System.nanoTime();
      bulk.set(0);
    }
    return "reset";
  }

  /** Waits for the first message, should that be necessary. */
  private Report report() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    synchronized (delays) {
      for (long left = 1; delays.isEmpty() && left > 0; ) {
        delays.wait(left);
        left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      }
      return new Report(bulk.get(), System.nanoTime() - since, List.copyOf(delays));
    }
  }

  /**
   * What came since the reset.
   *
   * @param bulk bytes of the stream
   * @param elapsed in nanoseconds
   * @param delays of messages, from send to receipt, in nanoseconds
   */
  record Report(long bulk, long elapsed, List<Long> delays) {
    static Report parse(String text) {
      List<Long> numbers = List.of(text.split(" ", -1)).stream().map(Long::valueOf).toList();
      return new Report(numbers.get(0), numbers.get(1), numbers.subList(2, numbers.size()));
    }

    String text() {
      return bulk
          + " "
          + elapsed
          + delays.stream().map(it -> " " + it).collect(Collectors.joining());
    }

    double megabits() {
      return bulk * 8e3 / elapsed;
    }

    /** In milliseconds. */
    double percentile(int percent) {
      List<Long> sorted = delays.stream().sorted().toList();
      return sorted.get(Math.min(sorted.size() * percent / 100, sorted.size() - 1)) / 1e6;
    }
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
