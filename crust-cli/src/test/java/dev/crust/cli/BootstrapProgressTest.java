package dev.crust.cli;

import static dev.crust.cli.Fixtures.address;
import static dev.crust.cli.Fixtures.connection;
import static dev.crust.cli.Fixtures.failed;
import static dev.crust.cli.Fixtures.peer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Connection;
import dev.crust.Event;
import dev.crust.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BootstrapProgressTest {
  private static final Instant T0 = Instant.EPOCH;

  private final BootstrapProgress progress =
      new BootstrapProgress(List.of(address(1, 1), address(2, 2)), T0);

  @Test
  void theFirstSuccessIsToldOnce() {
    assertThat(progress.on(connected(9), T0)).isEmpty();
    assertThat(progress.on(connected(2), T0.plusMillis(70)))
        .contains(new Notice.Bootstrapped(peer(2), Duration.ofMillis(70)));
    assertThat(progress.on(connected(1), T0.plusMillis(80))).isEmpty();
    assertThat(progress.on(failure(1), T0)).isEmpty();
  }

  @Test
  void failureIsToldOnceAllHaveFailed() {
    assertThat(progress.on(failure(1), T0)).isEmpty();
    assertThat(progress.on(failure(1), T0)).isEmpty();
    assertThat(progress.on(failure(2), T0))
        .contains(new Notice.BootstrapFailed(List.of(tried(1), tried(2))));
    assertThat(progress.on(failure(2), T0)).isEmpty();
    assertThat(progress.on(connected(1), T0)).isPresent();
  }

  private static Event connected(int number) {
    Connection connection = connection(peer(number));
    return new Event.Connected(connection, connection.path(), Duration.ZERO, List.of());
  }

  private static Event failure(int number) {
    return new Event.ConnectFailed(
        peer(number), Reason.REFUSED, List.of(failed(number, Reason.REFUSED, "")));
  }

  private static Notice.BootstrapFailed.Tried tried(int number) {
    return new Notice.BootstrapFailed.Tried(
        peer(number), Reason.REFUSED, List.of(failed(number, Reason.REFUSED, "")));
  }
}
