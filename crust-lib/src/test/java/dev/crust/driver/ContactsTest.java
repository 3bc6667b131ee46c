package dev.crust.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class ContactsTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final InetAddress THERE = ip("198.51.100.1");

  private final Contacts contacts = new Contacts();

  private static InetAddress ip(String text) {
    return new InetSocketAddress(text, 1).getAddress();
  }

  private boolean mayBeLetIn(Protocol protocol, int second) {
    return contacts.mayBeLetIn(protocol, THERE, T0.plusSeconds(second));
  }

  private boolean isLetIn(Protocol protocol, int second) {
    return contacts.isLetIn(protocol, THERE, T0.plusSeconds(second));
  }

  @Test
  void nobody_is_at_first() {
    assertThat(mayBeLetIn(Protocol.TCP, 0)).isFalse();
    assertThat(isLetIn(Protocol.UDP, 0)).isFalse();
  }

  @Test
  void who_was_sent_to_is_for_a_moment_and_may_be_for_a_while() {
    contacts.onSent(Protocol.TCP, THERE, T0);
    assertThat(isLetIn(Protocol.TCP, 19)).isTrue();
    assertThat(isLetIn(Protocol.TCP, 20)).isFalse();
    assertThat(mayBeLetIn(Protocol.TCP, 599)).isTrue();
    assertThat(mayBeLetIn(Protocol.TCP, 600)).isFalse();
    assertThat(mayBeLetIn(Protocol.UDP, 1)).isFalse();
    assertThat(isLetIn(Protocol.UDP, 1)).isFalse();
  }

  /** What there was no room for counts as contacted, until it would be forgotten anyway. */
  @Test
  void who_was_forgotten_may_be_anybody() {
    for (int i = 0; i < 2000; i++) {
      contacts.onSent(Protocol.UDP, ip("10.0.%d.%d".formatted(i / 250, i % 250)), T0);
    }
    assertThat(mayBeLetIn(Protocol.TCP, 1)).isTrue();
    assertThat(isLetIn(Protocol.UDP, 1)).isFalse();
    assertThat(mayBeLetIn(Protocol.TCP, 600)).isFalse();
  }
}
