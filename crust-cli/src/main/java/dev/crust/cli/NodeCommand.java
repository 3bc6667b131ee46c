package dev.crust.cli;

import dev.crust.Endpoint;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code crust node}. */
@Command(
    name = "node",
    mixinStandardHelpOptions = true,
    description = {
      "Joins the network, keeps its connections, prints events until Ctrl-C.",
      "Reads commands on standard input; 'help' names them.",
      "",
      "With --accept-stdio, standard input is no commands: it goes to the peer that runs 'crust"
          + " connect', one at a time, and what comes from there goes to standard output. Notices go"
          + " to standard error; with --json they stay on standard output, and bytes are events:"
          + " {\"event\":\"data\",\"text\":…,\"base64\":…}. A stream ends when both sides'"
          + " standard input has ended; if nothing came from ours, when the peer's has."
    })
final class NodeCommand implements Callable<Integer> {
  private final Streams streams;
  @Mixin private EndpointOptions options = new EndpointOptions();

  @Option(
      names = "--accept-stdio",
      description = "join standard input and output to a peer's 'crust connect'")
  private boolean acceptStdio;

  @Option(names = "--accept-bench", description = "serve a peer's 'crust bench'")
  private boolean acceptBench;

  NodeCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws CommandFailure {
    Setup setup = options.setup(streams);
    Stdout stdout = Stdout.of(options.output(), streams);
    Output output = acceptStdio ? stdout.notices() : options.output().output(streams);
    StreamDoor door = new StreamDoor();
    if (acceptBench) {
      BenchServer server = new BenchServer();
      door.offer(StreamKind.SINK, server);
      door.offer(StreamKind.SOURCE, server);
    }
    try (Endpoint endpoint = setup.open(streams, Setup.DIAL_TIMEOUT);
        Node node = new Node(endpoint, setup, output, Clock.systemUTC())) {
      if (acceptStdio) {
        door.offer(
            StreamKind.STDIO, new StdioServer(new Stdin(streams.in()), stdout, node::outputBroken));
      }
      endpoint.onStream(door::enter);
      node.start();
      if (!acceptStdio) {
        new StdinCommands(node, output, streams.err()).readFrom(streams.in());
      }
      return node.awaitEnd();
    }
  }
}
