package dev.crust.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Connection;
import dev.crust.Endpoint;
import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.Event;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Signalling;
import dev.crust.proto.relay.FirstWords;
import dev.crust.proto.relay.RelayMessage;
import dev.crust.proto.relay.RelayRefusal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an endpoint answers when it is asked for services, by those who ask well and others. */
@Timeout(60)
final class ServiceTest {
  private static final int PATIENCE_SECONDS = 10;

  private Endpoint relay;
  private Endpoint home;
  private LocalConnection toRelay;
  private LocalConnection toHome;

  @BeforeEach
  void open() throws Exception {
    relay = open(Relaying.ALWAYS);
    home = open(Relaying.NEVER);
    CompletableFuture<Connection> arrived = new CompletableFuture<>();
    relay.onEvent(
        event -> {
          if (event instanceof Event.Connected it) {
            arrived.complete(it.connection());
          }
        });
    toRelay = (LocalConnection) await(home.connect(relay.address()));
    toHome = (LocalConnection) await(arrived);
  }

  private static Endpoint open(Relaying relaying) throws Exception {
    return Endpoint.builder()
        .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .discoveries(List.of())
        .relaying(relaying)
        .punching(Punching.OFF)
        .open();
  }

  @AfterEach
  void close() {
    home.close();
    relay.close();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Hears what comes on a stream, in words. */
  private static final class Words implements ServiceStream.User {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final FirstWords first = new FirstWords();

    @Override
    public void onBytes(ByteBuffer bytes) {
      try {
        first.read(bytes).ifPresent(message -> heard.add(message.getClass().getSimpleName()));
      } catch (MalformedMessageException e) {
        heard.add(String.valueOf(e.getMessage()));
      }
    }

    @Override
    public void onReset(long code) {
      heard.add(RelayRefusal.of(code).toString());
    }

    @Override
    public void onRoom() {}

    @Override
    public void onEnd() {}

    @Override
    public void onStopped() {}

    @Override
    public void onLost() {
      heard.add("lost");
    }
  }

  /** What is answered to these bytes, after which the connection is as before. */
  private static String answer(LocalConnection connection, long service, ByteBuffer words)
      throws Exception {
    ServiceStream stream = connection.openService(service);
    Words answers = new Words();
    stream.use(answers);
    stream.write(words);
    String answer = answers.heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    await(((Connection) connection).ping());
    return String.valueOf(answer);
  }

  @Test
  void a_service_that_there_is_not() throws Exception {
    assertThat(answer(toRelay, 99, ByteBuffer.wrap(new byte[1000]))).isEqualTo("not-offered");
  }

  @Test
  void signals_where_nobody_punches() throws Exception {
    assertThat(answer(toRelay, Signalling.SERVICE, new Signalling.Direct(new byte[9]).encode()))
        .isEqualTo("not-offered");
  }

  @Test
  void words_that_are_none() throws Exception {
    for (byte[] words :
        List.of(new byte[] {-1, -1, -1}, new byte[] {0}, new byte[] {3, 1, 2, 3, 4, 5})) {
      assertThat(answer(toRelay, RelayMessage.SERVICE, ByteBuffer.wrap(words)))
          .isEqualTo("malformed");
    }
  }

  @Test
  void an_answer_that_nobody_asked_for() throws Exception {
    assertThat(
            answer(
                toRelay, RelayMessage.SERVICE, new RelayMessage.Opened(Optional.empty()).encode()))
        .isEqualTo("malformed");
  }

  @Test
  void a_circuit_from_one_who_is_no_relay_of_ours() throws Exception {
    RelayMessage incoming = new RelayMessage.Incoming(relay.id(), Optional.empty());
    assertThat(answer(toHome, RelayMessage.SERVICE, incoming.encode())).isEqualTo("no-reservation");
  }

  @Test
  void reservations() throws Exception {
    ByteBuffer wish = new RelayMessage.Reserve().encode();
    assertThat(answer(toRelay, RelayMessage.SERVICE, wish.duplicate())).isEqualTo("Reserved");
    assertThat(answer(toHome, RelayMessage.SERVICE, wish)).isEqualTo("not-offered");
  }

  @Test
  void circuits_to_where_none_can_lead() throws Exception {
    assertThat(answer(toRelay, RelayMessage.SERVICE, new RelayMessage.Open(home.id()).encode()))
        .isEqualTo("self");
    assertThat(answer(toRelay, RelayMessage.SERVICE, new RelayMessage.Open(relay.id()).encode()))
        .isEqualTo("self");
    assertThat(answer(toHome, RelayMessage.SERVICE, new RelayMessage.Open(relay.id()).encode()))
        .isEqualTo("not-offered");
  }

  @Test
  void more_questions_than_anybody_needs() throws Exception {
    String last = "";
    for (int i = 0; i < 100 && !last.equals("too-fast"); i++) {
      last = answer(toRelay, RelayMessage.SERVICE, new RelayMessage.Reserve().encode());
    }
    assertThat(last).isEqualTo("too-fast");
  }
}
