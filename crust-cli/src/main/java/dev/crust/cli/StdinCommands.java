package dev.crust.cli;

import dev.crust.Connection;
import dev.crust.ConnectionLostException;
import dev.crust.Message;
import dev.crust.PeerId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Carries out what the user tells a running node. Reads on a thread of its own, {@code stdin}; what
 * may take long (sending to a slow peer, a series of pings) goes on beside it, in order for each
 * kind.
 */
final class StdinCommands {
  /** Between the pings of one command. */
  private static final Duration PING_INTERVAL = Duration.ofMillis(100);

  /** For all pings of one command. */
  private static final Duration PING_LIMIT = Duration.ofMinutes(10);

  private final Node node;
  private final Output output;
  private final PrintStream err;
  private final ExecutorService pings =
      Executors.newSingleThreadExecutor(task -> daemon(task, "pings"));
  private final ExecutorService sends =
      Executors.newSingleThreadExecutor(task -> daemon(task, "sends"));

  StdinCommands(Node node, Output output, PrintStream err) {
    this.node = node;
    this.output = output;
    this.err = err;
  }

  private static Thread daemon(Runnable task, String name) {
    Thread made = new Thread(task, name);
    made.setDaemon(true);
    return made;
  }

  /** Reads commands until the input ends, which ends nothing else. */
  void readFrom(InputStream in) {
    daemon(
            () -> {
              BufferedReader lines =
                  new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
              try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  if (!line.isBlank()) {
                    obey(line);
                  }
                }
              } catch (IOException e) {
                output.print(new Notice.Remark("standard input broke: " + e.getMessage()));
              }
            },
            "stdin")
        .start();
  }

  private void obey(String line) {
    try {
      obey(StdinCommand.parse(line), line);
    } catch (IllegalArgumentException e) {
      failed(line, String.valueOf(e.getMessage()));
    }
  }

  private void obey(StdinCommand command, String line) {
    if (command instanceof StdinCommand.Peers) {
      output.print(node.peers());
    } else if (command instanceof StdinCommand.Connect it) {
      node.connect(it.address());
    } else if (command instanceof StdinCommand.Ping it) {
      withConnection(
          it.peer(), line, connection -> pings.execute(() -> ping(connection, it, line)));
    } else if (command instanceof StdinCommand.Send it) {
      withConnection(
          it.peer(), line, connection -> sends.execute(() -> send(connection, it, line)));
    } else if (command instanceof StdinCommand.Drop it) {
      drop(it.peer(), line);
    } else if (command instanceof StdinCommand.Report) {
      output.print(node.report());
    } else if (command instanceof StdinCommand.Help) {
      err.println(StdinCommand.HELP);
    } else if (command instanceof StdinCommand.Quit) {
      node.quit();
    }
  }

  private interface Use {
    void of(Connection connection);
  }

  private void withConnection(PeerId peer, String line, Use use) {
    Optional<Connection> connection = node.connection(peer);
    if (connection.isPresent()) {
      use.of(connection.get());
    } else {
      failed(line, "not connected to " + peer + "; 'connect' first");
    }
  }

  private void ping(Connection connection, StdinCommand.Ping command, String line) {
    try {
      Pinger.End end =
          new Pinger(connection, PING_INTERVAL)
              .run(
                  PING_LIMIT,
                  pong -> {
                    output.print(pong);
                    return pong.seq() < command.count();
                  });
      if (end == Pinger.End.TIME) {
        failed(line, "no answer in " + Text.time(PING_LIMIT));
      }
    } catch (ConnectionLostException e) {
      failed(line, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits while the peer is slow, so that input of any length takes bounded memory. */
  private void send(Connection connection, StdinCommand.Send command, String line) {
    CompletableFuture<Void> sent =
        connection.send(Message.of(command.text())).toCompletableFuture();
    var unused =
        sent.exceptionally(
            e -> {
              Throwable cause =
                  e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
              failed(line, String.valueOf(cause.getMessage()));
              return null;
            });
  }

  private void drop(PeerId peer, String line) {
    if (!node.drop(peer)) {
      failed(line, "not connected to " + peer);
    }
  }

  private void failed(String line, String reason) {
    output.print(new Notice.CommandFailed(StdinCommand.word(line), line.strip(), reason));
  }
}
