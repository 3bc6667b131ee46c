package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What somebody sees who listens in. */
@Timeout(60)
final class WireTest {
  private static final String NETWORK = "a-network-with-a-telling-name";
  private static final String TEXT = "nobody else may read this";

  @ParameterizedTest
  @EnumSource(
      value = EndpointBuilder.TlsEngine.class,
      names = {"BORINGSSL", "JDK"})
  void nothingButTlsRecords(EndpointBuilder.TlsEngine engine) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open(builder -> builder.network(NETWORK).tlsEngine(engine));
      Watched bob = endpoints.open(builder -> builder.network(NETWORK).tlsEngine(engine));
      try (TcpProxy proxy = new TcpProxy(LoopbackEndpoints.port(alice))) {
        Connection connection = bob.connect(LoopbackEndpoints.at(alice.id(), proxy.port()));
        await(connection.send(Message.of(TEXT)));
        await(connection.ping());
        connection.close();
        alice.next(Event.Lost.class);
        bob.next(Event.Lost.class);
        List<byte[]> ways = proxy.recorded();
        assertThat(ways).hasSize(2);
        for (byte[] way : ways) {
          assertThat(way.length).isGreaterThan(500);
          tlsRecordsOnly(way);
          for (Watched end : List.of(alice, bob)) {
            assertThat(contains(way, end.id().bytes())).isFalse();
            assertThat(contains(way, ascii(end.id().toString()))).isFalse();
          }
          assertThat(contains(way, ascii(NETWORK))).isFalse();
          assertThat(contains(way, ascii(TEXT))).isFalse();
          assertThat(contains(way, ascii("crust"))).isFalse();
        }
      }
    }
  }

  /**
   * RFC 8446 §5.1: handshake or change_cipher_spec in the first flight, application data from then
   * on.
   */
  private static void tlsRecordsOnly(byte[] way) {
    boolean encrypted = false;
    int at = 0;
    while (at + 5 <= way.length) {
      int type = way[at];
      assertThat(type).isIn(20, 22, 23);
      assertThat(encrypted && type == 22).as("a handshake record in clear").isFalse();
      encrypted |= type == 23;
      assertThat(way[at + 1]).isEqualTo((byte) 3);
      at += 5 + ((way[at + 3] & 0xff) << 8 | (way[at + 4] & 0xff));
    }
    assertThat(encrypted).isTrue();
  }

  private static boolean contains(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at++) {
      if (java.util.Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
