package dev.crust.cli;

import static dev.crust.cli.Fixtures.address;
import static dev.crust.cli.Fixtures.connection;
import static dev.crust.cli.Fixtures.peer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Event;
import dev.crust.Reason;
import org.junit.jupiter.api.Test;

final class HeardTest {
  private final Heard heard = new Heard();

  @Test
  void aPeerIsToldOncePerPlace() {
    assertThat(heard.isNothing()).isTrue();
    assertThat(heard.isNews(discovered(1, 1))).isTrue();
    assertThat(heard.isNews(discovered(1, 1))).isFalse();
    assertThat(heard.isNews(discovered(1, 2))).isTrue();
    assertThat(heard.isNothing()).isFalse();
  }

  @Test
  void aPeerThatWasLostIsNewsAgain() {
    heard.isNews(discovered(1, 1));
    heard.isNews(discovered(2, 1));
    assertThat(heard.isNews(new Event.Lost(connection(peer(1)), Reason.SILENT, ""))).isTrue();
    assertThat(heard.isNews(discovered(1, 1))).isTrue();
    assertThat(heard.isNews(discovered(2, 1))).isFalse();
  }

  @Test
  void memoryIsBounded() {
    for (int port = 1; port <= Heard.MAX + 1; port++) {
      heard.isNews(discovered(1, port));
    }
    assertThat(heard.isNews(discovered(1, 1))).isTrue();
    assertThat(heard.isNews(discovered(1, Heard.MAX))).isFalse();
  }

  private static Event discovered(int number, int port) {
    return new Event.Discovered(address(number, port), "beacon", 1);
  }
}
