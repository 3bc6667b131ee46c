package dev.crust.natlab.node;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Event;
import dev.crust.PeerStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A program that swallows all streams that come in, or dials a peer and pours bytes into a stream
 * as fast as it takes them, until it is killed. It prints a JSON object a line: the command line's
 * {@code listening}, {@code connected} and {@code message}, and each second {@code poured}, with
 * how many bytes have come in all.
 *
 * <p>Arguments: what to speak ({@link Over}), where to listen, and the address of a peer to dial,
 * if any.
 */
final class Pourer {
  private static final int PIECE = 64 << 10;

  private static final AtomicLong CAME = new AtomicLong();

  private Pourer() {}

  @SuppressWarnings("FutureReturnValueIgnored") // Until the process ends; the feed tells the rest.
  public static void main(String[] args) throws IOException {
    String[] place = args[1].split(":", -1);
    Endpoint endpoint =
        Over.valueOf(args[0])
            .listen(
                Endpoint.builder().discoveries(List.of()),
                new InetSocketAddress(place[0], Integer.parseInt(place[1])))
            .open();
    endpoint.onEvent(Pourer::onEvent);
    if (args.length > 2) {
      endpoint
          .connect(CrustAddress.parse(args[2]))
          .thenCompose(connection -> connection.openStream())
          .thenAcceptAsync(Pourer::pour);
    }
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    clock.scheduleAtFixedRate(
        () -> print(line("poured").put("bytes", CAME.get())), 1, 1, TimeUnit.SECONDS);
  }

  private static void onEvent(Event event) {
    if (event instanceof Event.Listening listening) {
      ObjectNode line = line("listening").put("address", listening.address().toString());
      print(line.put("id", listening.address().peer().toString()));
    } else if (event instanceof Event.Connected connected) {
      String peer = connected.connection().peer().toString();
      print(line("connected").put("peer", peer));
      connected
          .connection()
          .onMessage(
              (message) -> print(line("message").put("peer", peer).put("text", message.text())));
      connected.connection().onStream(Pourer::swallow);
    }
  }

  private static void pour(PeerStream stream) {
    byte[] piece = new byte[PIECE];
    try {
      OutputStream output = stream.output();
      while (true) {
        output.write(piece);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void swallow(PeerStream stream) {
    byte[] piece = new byte[PIECE];
    try {
      for (int n = stream.input().read(piece); n >= 0; n = stream.input().read(piece)) {
        CAME.addAndGet(n);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode line(String event) {
    return JsonNodeFactory.instance.objectNode().put("event", event);
  }

  private static synchronized void print(ObjectNode line) {
    System.out.println(line);
    System.out.flush();
  }
}
