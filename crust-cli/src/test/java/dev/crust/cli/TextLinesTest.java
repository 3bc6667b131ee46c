package dev.crust.cli;

import static dev.crust.cli.Fixtures.connection;
import static dev.crust.cli.Fixtures.failed;
import static dev.crust.cli.Fixtures.path;
import static dev.crust.cli.Fixtures.peer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Connection;
import dev.crust.Event;
import dev.crust.Message;
import dev.crust.Reason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TextLinesTest {
  private final TextLines plain = new TextLines(false, Verbosity.NORMAL);

  @Test
  void aPongIsOneReadableLine() {
    Notice pong =
        new Notice.Ponged(peer(1), 1, new Connection.Pong(Duration.ofNanos(420_000), path()));
    assertThat(plain.of(pong)).contains("pong " + peer(1) + " 1: 0.42 ms over tcp host [::1]:4002");
  }

  @Test
  void aFailedDialNamesEveryAttempt() {
    Notice failure =
        new Notice.Happened(
            new Event.ConnectFailed(
                peer(1), Reason.REFUSED, List.of(failed(4001, Reason.REFUSED, ""))));
    assertThat(plain.of(failure))
        .contains(
            "no connection "
                + peer(1)
                + " nothing accepts connections at this address"
                + " [tcp://192.0.2.1:4001 failed after 12 ms: refused]");
  }

  @Test
  void whatAPeerSendsCannotMoveTheCursor() {
    Notice message = new Notice.Received(peer(1), Message.of("a\r\u001b[2Jb\u202ec"));
    assertThat(plain.of(message)).contains("message " + peer(1) + " a\\u{d}\\u{1b}[2Jb\\u{202e}c");
  }

  @Test
  void coloursOnATerminalOnly() {
    Notice lost = new Notice.Happened(new Event.Lost(connection(peer(1)), Reason.SILENT, ""));
    assertThat(plain.of(lost)).contains("lost " + peer(1) + " the peer fell silent");
    assertThat(new TextLines(true, Verbosity.NORMAL).of(lost).orElseThrow())
        .startsWith("\u001b[33mlost");
  }

  @Test
  void quietTellsAnswersOnly() {
    TextLines quiet = new TextLines(false, Verbosity.QUIET);
    assertThat(quiet.of(new Notice.Happened(new Event.Missed(1)))).isEmpty();
    assertThat(quiet.of(new Notice.Peers(List.of()))).contains("no peer is connected");
  }
}
