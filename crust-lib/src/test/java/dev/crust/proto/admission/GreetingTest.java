package dev.crust.proto.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crust.Candidate;
import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.session.Limits;
import dev.crust.proto.wire.Hello;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a Hello carries. */
final class GreetingTest {
  private static final Greeting.NetworkKey NETWORK = new Greeting.NetworkKey("public");
  private static final PeerId ANNE = Identity.ephemeral().peerId();
  private static final PeerId BEN = Identity.ephemeral().peerId();

  @ParameterizedTest
  @ValueSource(strings = {"198.51.100.7", "2001:db8::7"})
  void all_of_it_arrives(String ip) throws Exception {
    InetSocketAddress socket = new InetSocketAddress(ip, 4001);
    Greeting greeting = greeting(Optional.of(socket));
    assertThat(read(greeting.toHello(NETWORK, ANNE, BEN))).isEqualTo(greeting);
  }

  @Test
  void who_says_nothing_of_us_is_welcome() throws Exception {
    Greeting greeting = greeting(Optional.empty());
    assertThat(read(greeting.toHello(NETWORK, ANNE, BEN)).observed()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "00000000, 4001",
    "e0000001, 4001",
    "c63364, 4001",
    "c6336407, 0",
    "c6336407, 65536",
    "c6336407, -1",
    "'', 4001",
  })
  void where_nobody_can_be_is_not_where_we_are(String ip, int port) throws Exception {
    Hello hello =
        greeting(Optional.empty()).toHello(NETWORK, ANNE, BEN).toBuilder()
            .setObservedAddress(ByteString.fromHex(ip))
            .setObservedPort(port)
            .build();
    assertThat(read(hello).observed()).isEmpty();
  }

  private static Greeting greeting(Optional<InetSocketAddress> observed) {
    return new Greeting(
        Token.random(new Random(1)),
        Optional.of(Token.random(new Random(2))),
        true,
        Limits.forMessages(1000),
        List.of(Candidate.quic(new InetSocketAddress("192.0.2.1", 4002))),
        observed,
        true,
        true,
        true);
  }

  private static Greeting read(Hello hello) throws MalformedMessageException {
    ByteBuffer body = ByteBuffer.wrap(hello.toByteArray());
    return ((Greeting.Reading.Welcome) Greeting.read(body, NETWORK, ANNE, BEN)).greeting();
  }
}
