package dev.crust.bench;

import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Message;
import dev.crust.PeerStream;
import dev.crust.Transport;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The side that sends a bulk stream, and beside it an urgent message every 20 ms. It answers {@code
 * start} and {@code stop}.
 */
final class BusySender implements Child.Role {
  static final String NAME = "busy-sender";

  private static final int MESSAGE = 64;
  private static final int WRITE = 64 << 10;
  private static final int EVERY_MILLIS = 20;

  private final Endpoint endpoint;
  private final Connection connection;
  private final PeerStream stream;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final Thread bulk = new Thread(this::pour, "bulk");
  private volatile boolean stopped;

  BusySender(List<String> arguments) throws Exception {
    Transport transport = Transport.valueOf(arguments.get(0));
    endpoint = CrustPair.endpoint(transport, InetAddress.getByName(arguments.get(1))).open();
    connection = CrustPair.await(endpoint.connect(CrustAddress.parse(arguments.get(2))));
    stream = CrustPair.await(connection.openStream());
    bulk.setDaemon(true);
  }

  @Override
  public String answer(List<String> words) throws InterruptedException {
    return switch (words.get(0)) {
      case "start" -> start();
      case "stop" -> stop();
      default -> throw new IllegalArgumentException(words.toString());
    };
  }

  private String start() {
    bulk.start();
    var unused =
        clock.scheduleAtFixedRate(this::say, EVERY_MILLIS, EVERY_MILLIS, TimeUnit.MILLISECONDS);
    return "started";
  }

  private void pour() {
    byte[] chunk = new byte[WRITE];
    try (OutputStream out = stream.output()) {
      while (!stopped) {
        out.write(chunk);
      }
    } catch (IOException e) {
      throw new IllegalStateException("the bulk stream broke", e);
    }
  }

  private void say() {
    byte[] bytes = new byte[MESSAGE];
    ByteBuffer.wrap(bytes).putLong(System.nanoTime());
    connection.send(Message.wrap(0, bytes));
  }

  private String stop() throws InterruptedException {
    stopped = true;
    clock.shutdown();
    bulk.join(TimeUnit.SECONDS.toMillis(30));
    return "stopped";
  }

  @Override
  public void close() {
    clock.shutdownNow();
    endpoint.close();
  }
}
