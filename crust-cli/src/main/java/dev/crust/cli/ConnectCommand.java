package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code crust connect}. */
@Command(
    name = "connect",
    mixinStandardHelpOptions = true,
    description = {
      "Opens a stream to a node that runs with --accept-stdio: standard input goes there, what comes"
          + " back goes to standard output.",
      "The command ends when standard input has ended, on both sides, and each has all that the"
          + " other sent; that of a node from which nothing came counts as ended when ours has."
          + " It succeeds only if nothing is missing.",
      "Notices go to standard error. With --json they are on standard output, and bytes are events:"
          + " {\"event\":\"data\",\"peer\":…,\"stream\":…,\"bytes\":…,\"text\":…,\"base64\":…}."
    })
final class ConnectCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private EndpointOptions options = new EndpointOptions();
  @Mixin private PeerOptions peer = new PeerOptions();

  ConnectCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    Setup setup = options.setup(streams);
    Stdout stdout = Stdout.of(options.output(), streams);
    Output notices = stdout.notices();
    try (Dialled dialled = peer.dial(setup, streams, notices)) {
      PeerStream stream = PeerOptions.stream(dialled);
      Conversation conversation =
          new Conversation(
              Conversation.Side.CALLER,
              Stdin.forOneStream(streams.in()),
              stdout.sink(stream),
              stream);
      try {
        StreamKind.STDIO.open(stream);
        notices.print(new Notice.StreamOpened(dialled.connection().peer(), stream.id()));
        conversation.run();
      } catch (IOException e) {
        notices.print(conversation.ended(StreamTrouble.of(e)));
        throw CommandFailure.failed("the stream ended too early: " + StreamTrouble.of(e));
      }
      notices.print(conversation.ended(""));
      return 0;
    }
  }
}
