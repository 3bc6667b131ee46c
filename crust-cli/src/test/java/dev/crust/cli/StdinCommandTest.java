package dev.crust.cli;

import static dev.crust.cli.Fixtures.address;
import static dev.crust.cli.Fixtures.peer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StdinCommandTest {
  @Test
  void everyCommand() {
    assertThat(StdinCommand.parse(" peers ")).isEqualTo(new StdinCommand.Peers());
    assertThat(StdinCommand.parse("report")).isEqualTo(new StdinCommand.Report());
    assertThat(StdinCommand.parse("help")).isEqualTo(new StdinCommand.Help());
    assertThat(StdinCommand.parse("quit")).isEqualTo(new StdinCommand.Quit());
    assertThat(StdinCommand.parse("drop " + peer(1))).isEqualTo(new StdinCommand.Drop(peer(1)));
    assertThat(StdinCommand.parse("connect " + address(1, 4001)))
        .isEqualTo(new StdinCommand.Connect(address(1, 4001)));
    assertThat(StdinCommand.parse("ping " + peer(1))).isEqualTo(new StdinCommand.Ping(peer(1), 1));
    assertThat(StdinCommand.parse("ping " + peer(1) + " 20"))
        .isEqualTo(new StdinCommand.Ping(peer(1), 20));
    assertThat(StdinCommand.parse("send " + peer(1) + "  two  words"))
        .isEqualTo(new StdinCommand.Send(peer(1), "two  words"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          dance         | no such command
          peers now     | takes nothing
          connect       | needs an address
          connect x     | a peer id has 52 characters
          connect a:b   | does not begin with crust://
          ping          | needs a peer id
          ping x        | a peer id has 52 characters
          ping x 0      | a number from 1 to 9999
          ping x 1 2    | a number from 1 to 9999
          send          | needs a peer id
          send x        | needs a text
          drop          | needs a peer id
          block x       | not in this version
          unblock x     | not in this version
          """)
  void nonsenseIsExplained(String line, String why) {
    assertThatThrownBy(() -> StdinCommand.parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
