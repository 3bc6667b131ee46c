package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two endpoints on loopback. */
final class ConversationTest {
  @ParameterizedTest
  @EnumSource(
      value = EndpointBuilder.TlsEngine.class,
      names = {"BORINGSSL", "JDK"})
  void messagesGoBothWays(EndpointBuilder.TlsEngine engine) throws Exception {
    LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    try (Endpoint alice = onLoopback(engine);
        Endpoint bob = onLoopback(engine)) {
      alice.onMessage(
          (connection, message) -> {
            heard.add(message.text());
            connection.send(Message.of("and to you, " + message.text()));
          });
      bob.onMessage((connection, message) -> heard.add(message.text()));
      Connection connection =
          bob.connect(alice.address()).toCompletableFuture().get(5, TimeUnit.SECONDS);
      assertThat(connection.peer()).isEqualTo(alice.id());
      connection.send(Message.of("hello")).toCompletableFuture().get(5, TimeUnit.SECONDS);
      assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("hello");
      assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("and to you, hello");
      assertThat(connection.ping().toCompletableFuture().get(5, TimeUnit.SECONDS).roundTrip())
          .isPositive();
    }
  }

  private static Endpoint onLoopback(EndpointBuilder.TlsEngine engine) throws Exception {
    return Endpoint.builder()
        .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .discoveries(List.of())
        .tlsEngine(engine)
        .open();
  }
}
