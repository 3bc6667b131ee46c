package dev.crust.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is on a network of this host. */
final class AddressesTest {
  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, true",
    "127.254.1.9, true",
    "126.255.255.255, false",
    "203.0.113.77, false",
    "2001:db8::77, false"
  })
  void neighbours(String address, boolean neighbour) throws Exception {
    assertThat(Addresses.isNeighbour(InetAddress.getByName(address))).isEqualTo(neighbour);
  }
}
