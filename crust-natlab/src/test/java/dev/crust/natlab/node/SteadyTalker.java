package dev.crust.natlab.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.EndpointBuilder;
import dev.crust.Event;
import dev.crust.Identity;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.PeerStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A program that sends its peer numbered messages and a stream, both without a pause, until its
 * standard input says {@code finish}, and checks what the peer sends. It prints a JSON object a
 * line: the command line's events, and
 *
 * <ul>
 *   <li>{@code got}: the next message, with its number and when it was sent; {@code disordered}: a
 *       message that was not the next
 *   <li>{@code unaccepted}: a message of ours of which nobody knows whether it arrived, and why
 *   <li>{@code finished}: how much was sent, and the digest of the stream; {@code stream-ended}:
 *       the same of what came, or why it ended too soon
 * </ul>
 *
 * <p>Arguments: the key file, what to speak ({@link Over}), the port to listen on, and the address
 * of a peer to dial, if any.
 */
final class SteadyTalker {
  private static final long PACE_MILLIS = 50;
  private static final int PIECE = 8 << 10;

  private volatile boolean enough;

  private SteadyTalker() {}

  @SuppressWarnings("FutureReturnValueIgnored") // The feed tells how it went.
  public static void main(String[] args) throws IOException {
    SteadyTalker talker = new SteadyTalker();
    EndpointBuilder builder =
        Endpoint.builder()
            .identity(Identity.load(java.nio.file.Path.of(args[0])))
            .discoveries(List.of());
    InetSocketAddress place = new InetSocketAddress(Integer.parseInt(args[2]));
    Endpoint endpoint = Over.valueOf(args[1]).listen(builder, place).open();
    endpoint.onEvent(talker::onEvent);
    if (args.length > 3) {
      endpoint.connect(CrustAddress.parse(args[3]));
    }
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      talker.enough |= line.equals("finish");
    }
  }

  private void onEvent(Event event) {
    if (event instanceof Event.Listening listening) {
      ObjectNode line = line("listening").put("address", listening.address().toString());
      print(line.put("id", listening.address().peer().toString()));
    } else if (event instanceof Event.Connected connected) {
      print(about("connected", connected.connection()));
      new Talk(connected.connection()).begin(!connected.attempts().isEmpty());
    } else if (event instanceof Event.PathChanged changed) {
      ObjectNode line = about("path-changed", changed.connection());
      line.set("from", json(changed.from()));
      line.set("to", json(changed.to()));
      print(line.put("reason", changed.reason().toString()));
    } else if (event instanceof Event.Lost lost) {
      ObjectNode line = about("lost", lost.connection()).put("reason", lost.reason().toString());
      print(line.put("detail", lost.detail()));
    } else if (event instanceof Event.Refused refused) {
      print(line("refused").put("what", refused.toString()));
    } else if (event instanceof Event.Reachability reachability) {
      print(line("reachability").put("tcp", reachability.tcp().toString()));
    } else {
      print(line("other").put("what", event.toString()));
    }
  }

  private static JsonNode json(Optional<Path> path) {
    return path.<JsonNode>map(
            known -> JsonNodeFactory.instance.objectNode().put("text", known.toString()))
        .orElse(JsonNodeFactory.instance.nullNode());
  }

  private static ObjectNode line(String event) {
    return JsonNodeFactory.instance.objectNode().put("event", event);
  }

  private static ObjectNode about(String event, Connection connection) {
    return line(event).put("peer", connection.peer().toString());
  }

  private static synchronized void print(ObjectNode line) {
    System.out.println(line);
    System.out.flush();
  }

  /** The talk on one connection. */
  private final class Talk {
    private final Connection connection;
    private final ScheduledExecutorService messages = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledExecutorService pieces = Executors.newScheduledThreadPool(2);
    private final Random random = new Random();
    private final MessageDigest digest = sha256();
    private final byte[] piece = new byte[PIECE];
    private final AtomicLong sent = new AtomicLong();
    private long written;
    private long got;

    Talk(Connection connection) {
      this.connection = connection;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // They run until the process ends.
    void begin(boolean dialled) {
      connection.onMessage(this::onMessage);
      connection.onStream(this::carry);
      if (dialled) {
        connection.openStream().thenAccept(this::carry);
      }
      messages.scheduleAtFixedRate(this::say, 0, PACE_MILLIS, TimeUnit.MILLISECONDS);
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    private void say() {
      if (enough) {
        messages.shutdown();
        return;
      }
      long number = sent.incrementAndGet();
      connection
          .send(Message.of(number + " " + System.currentTimeMillis()))
          .whenComplete(
              (accepted, failure) -> {
                if (failure != null) {
                  print(line("unaccepted").put("number", number).put("reason", why(failure)));
                }
              });
    }

    private static String why(Throwable failure) {
      Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
      return cause instanceof ConnectionLostException lost
          ? lost.reason().toString()
          : String.valueOf(cause);
    }

    private void onMessage(Message message) {
      String[] words = message.text().split(" ", -1);
      long number = Long.parseLong(words[0]);
      ObjectNode line = line(number == got + 1 ? "got" : "disordered");
      got = number;
      print(line.put("number", number).put("sentAt", Long.parseLong(words[1])));
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    private void carry(PeerStream stream) {
      pieces.scheduleAtFixedRate(() -> write(stream), 0, PACE_MILLIS, TimeUnit.MILLISECONDS);
      pieces.execute(() -> read(stream.input()));
    }

    private void write(PeerStream stream) {
      try {
        if (enough) {
          pieces.shutdown();
          stream.finish();
          messages.awaitTermination(1, TimeUnit.MINUTES);
          print(streamed("finished", written, digest).put("messages", sent.get()));
          return;
        }
        random.nextBytes(piece);
        digest.update(piece);
        OutputStream output = stream.output();
        output.write(piece);
        written += piece.length;
      } catch (IOException | InterruptedException e) {
        pieces.shutdown();
      }
    }

    private void read(InputStream input) {
      MessageDigest seen = sha256();
      long bytes = 0;
      try {
        byte[] buffer = new byte[PIECE];
        for (int n = input.read(buffer); n >= 0; n = input.read(buffer)) {
          seen.update(buffer, 0, n);
          bytes += n;
        }
        print(streamed("stream-ended", bytes, seen));
      } catch (IOException e) {
        print(streamed("stream-ended", bytes, seen).put("failure", e.toString()));
      }
    }
  }

  private static ObjectNode streamed(String event, long bytes, MessageDigest digest) {
    return line(event).put("bytes", bytes).put("sha256", HexFormat.of().formatHex(digest.digest()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
