package dev.crust.cli;

import dev.crust.ConnectionLostException;
import dev.crust.CrustAddress;
import dev.crust.PeerStream;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whom a command talks to by streams. */
final class PeerOptions {
  @Parameters(
      paramLabel = "ADDR",
      converter = Converters.Address.class,
      description = "crust address, or the bare id of a peer on the LAN")
  private @Nullable CrustAddress address;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      converter = Converters.Seconds.class,
      description = "seconds for the dial (10)")
  private Duration timeout = Setup.DIAL_TIMEOUT;

  CrustAddress address() {
    return Objects.requireNonNull(address);
  }

  /** Connects to the peer. */
  Dialled dial(Setup setup, Streams streams, Output output)
      throws CommandFailure, InterruptedException {
    return Dialled.to(address(), setup, streams, output, timeout, event -> {});
  }

  /** Opens a stream to the peer. */
  static PeerStream stream(Dialled dialled) throws CommandFailure, InterruptedException {
    try {
      return dialled.connection().openStream().toCompletableFuture().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConnectionLostException lost) {
        throw CommandFailure.failed(
            "the connection was lost: " + lost.getMessage() + "; try again");
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
