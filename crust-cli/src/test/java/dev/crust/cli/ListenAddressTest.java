package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.Transport;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ListenAddressTest {
  @Test
  void wildcardsAndRandomPortsAreFine() {
    assertThat(ListenAddress.parse("tcp://0.0.0.0:0"))
        .isEqualTo(new ListenAddress(Transport.TCP, new InetSocketAddress("0.0.0.0", 0)));
    assertThat(ListenAddress.parse("quic://[::]:4001"))
        .isEqualTo(new ListenAddress(Transport.QUIC, new InetSocketAddress("::", 4001)));
    assertThat(
            ListenAddress.parse("tcp://[fe80::1%1]:1").socket().getAddress().isLinkLocalAddress())
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          127.0.0.1:1            | is not of the form
          tcp://127.0.0.1        | is not of the form
          tcp://127.0.0.1:1/     | is not of the form
          tcp://::1:1            | is not of the form
          udp://127.0.0.1:1      | 'udp'
          tcp://127.0.0.256:1    | '127.0.0.256'
          tcp://127.1:1          | '127.1'
          tcp://localhost:1      | 'localhost'
          tcp://[127.0.0.1]:1    | '127.0.0.1'
          tcp://[::1::]:1        | '::1::'
          tcp://[fe80::1%nope]:1 | 'fe80::1%nope'
          tcp://[]:1             | ''
          tcp://127.0.0.1:65536  | '65536'
          tcp://127.0.0.1:-1     | '-1'
          tcp://127.0.0.1:       | the port ''
          """)
  void theMessagePointsAtTheWrongPart(String text, String part) {
    assertThatThrownBy(() -> ListenAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(part)
        .hasMessageContaining(text);
  }
}
