package dev.crust.cli;

import dev.crust.PeerStream;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Joins the streams of peers to standard input and output, one at a time. */
final class StdioServer implements StreamDoor.Service {
  private final Stdin stdin;
  private final Stdout stdout;
  private final Runnable broken;
  private final AtomicBoolean busy = new AtomicBoolean();

  /**
   * Serves.
   *
   * @param broken is run when nobody reads our output any more
   */
  StdioServer(Stdin stdin, Stdout stdout, Runnable broken) {
    this.stdin = stdin;
    this.stdout = stdout;
    this.broken = broken;
  }

  @Override
  public void serve(StreamKind kind, PeerStream stream) throws IOException, InterruptedException {
    if (!busy.compareAndSet(false, true)) {
      stream.reset(StreamTrouble.BUSY.code());
      return;
    }
    Conversation conversation =
        new Conversation(Conversation.Side.CALLED, stdin, stdout.sink(stream), stream);
    Output notices = stdout.notices();
    notices.print(new Notice.StreamOpened(stream.connection().peer(), stream.id()));
    try {
      try {
        conversation.run();
      } finally {
        busy.set(false);
      }
      notices.print(conversation.ended(""));
      // The caller goes when it hears of that: another may come.
      stream.close();
    } catch (Conversation.OutputBrokenException e) {
      broken.run();
    } catch (IOException e) {
      notices.print(conversation.ended(StreamTrouble.of(e)));
      throw e;
    }
  }
}
