package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.EndpointBuilder.TlsEngine;
import dev.crust.LoopbackEndpoints.Watched;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What two endpoints say to each other. */
@Timeout(60)
@ParameterizedClass
@EnumSource(Over.class)
final class ConversationTest {
  private final Over over;

  ConversationTest(Over over) {
    this.over = over;
  }

  @ParameterizedTest
  @EnumSource(
      value = TlsEngine.class,
      names = {"BORINGSSL", "JDK"})
  void messagesGoBothWays(TlsEngine engine) throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(builder -> builder.tlsEngine(engine));
      Watched bob = endpoints.open(builder -> builder.tlsEngine(engine));
      alice
          .endpoint()
          .onMessage(
              (connection, message) -> {
                heard.add(message.text());
                connection.send(Message.of("and to you, " + message.text()));
              });
      bob.endpoint().onMessage((connection, message) -> heard.add(message.text()));

      Connection connection = bob.connect(alice.address());
      await(connection.send(Message.of("hello")));

      assertThat(connection.peer()).isEqualTo(alice.id());
      assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("hello");
      assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("and to you, hello");
      Connection.Pong pong = await(connection.ping());
      assertThat(pong.roundTrip()).isPositive();
      assertThat(pong.path().transport())
          .isEqualTo(over == Over.QUIC ? Transport.QUIC : Transport.TCP);
      assertThat(pong.path().method()).isEqualTo(Path.Method.HOST);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TlsEngine.class,
      names = {"BORINGSSL", "JDK"})
  void enginesUnderstandEachOther(TlsEngine engine) throws Exception {
    TlsEngine other = engine == TlsEngine.JDK ? TlsEngine.BORINGSSL : TlsEngine.JDK;
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(builder -> builder.tlsEngine(engine));
      Watched bob = endpoints.open(builder -> builder.tlsEngine(other));
      await(bob.connect(alice.address()).send(Message.of("hello")));
    }
  }

  @Test
  void sizes() throws Exception {
    BlockingQueue<Message> heard = new LinkedBlockingQueue<>();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      alice.endpoint().onMessage((connection, message) -> heard.add(message));
      Connection connection = bob.connect(alice.address());
      Random random = new Random(7);
      for (int size : new int[] {0, 1, 16_370, 16_384, 70_000, (2 << 20) - 1, 2 << 20}) {
        byte[] payload = new byte[size];
        random.nextBytes(payload);
        await(connection.send(Message.of(payload).withPriority(3)));
        Message message = heard.poll(5, TimeUnit.SECONDS);
        assertThat(message).isNotNull();
        assertThat(message.priority()).isEqualTo(3);
        assertThat(message.bytes()).isEqualTo(payload);
      }
      assertThatThrownBy(() -> await(connection.send(Message.of(new byte[(2 << 20) + 1]))))
          .cause()
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("2097152");
      await(connection.send(Message.of("still there")));
    }
  }

  @Test
  void aSmallerLimitOfThePeerIsRespected() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open(builder -> builder.maxMessageSize(1000));
      Watched bob = endpoints.open();
      Connection connection = bob.connect(alice.address());
      assertThatThrownBy(() -> await(connection.send(Message.of(new byte[1001]))))
          .cause()
          .hasMessageContaining("over the limit of 1000");
      await(connection.send(Message.of(new byte[1000])));
    }
  }

  @Test
  void orderHolds() throws Exception {
    int count = 20_000;
    List<String> heard = new ArrayList<>();
    CountDownLatch all = new CountDownLatch(count);
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      alice
          .endpoint()
          .onMessage(
              (connection, message) -> {
                heard.add(message.text());
                all.countDown();
              });
      Connection connection = bob.connect(alice.address());
      for (int i = 0; i < count; i++) {
        connection.send(Message.of(Integer.toString(i)));
      }
      assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
    }
    for (int i = 0; i < count; i++) {
      assertThat(heard.get(i)).isEqualTo(Integer.toString(i));
    }
  }

  @Test
  void aSlowReceiverBoundsTheSender() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch all = new CountDownLatch(1000);
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      alice
          .endpoint()
          .onMessage(
              (connection, message) -> {
                awaitGate(gate);
                all.countDown();
              });
      Connection connection = bob.connect(alice.address());
      byte[] payload = new byte[64 << 10];
      int sent = 0;
      List<CompletionStage<Void>> stages = new ArrayList<>();
      while (sent < 1000) {
        var stage = connection.trySend(Message.wrap(128, payload));
        if (stage.isEmpty()) {
          // Full: what is sent now is the window on each side, and stays so until the receiver
          // moves.
          assertThat(sent).isBetween(60, 130);
          break;
        }
        stages.add(stage.get());
        sent++;
      }
      // Signs of life pass although messages do not.
      await(connection.ping());
      gate.countDown();
      for (; sent < 1000; sent++) {
        stages.add(connection.send(Message.wrap(128, payload)));
      }
      assertThat(all.await(30, TimeUnit.SECONDS)).isTrue();
      for (CompletionStage<Void> stage : stages) {
        await(stage);
      }
    }
  }

  @Test
  void aReceiverThatThrowsLosesOneMessageOnly() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      alice
          .endpoint()
          .onMessage(
              (connection, message) -> {
                if (message.text().equals("bad")) {
                  throw new IllegalStateException("I do not like it");
                }
                heard.add(message.text());
              });
      Connection connection = bob.connect(alice.address());
      connection.send(Message.of("bad"));
      connection.send(Message.of("good"));
      assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("good");
      assertThat(alice.next(Event.Warning.class).sentence()).contains("I do not like it");
    }
  }

  @Test
  void messagesWaitForAReceiver() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      Connection connection = bob.connect(alice.address());
      await(connection.send(Message.of("early")));
      Connection inbound = alice.next(Event.Connected.class).connection();
      inbound.onMessage(message -> heard.add(message.text()));
      assertThat(heard.poll(5, TimeUnit.SECONDS)).isEqualTo("early");
    }
  }

  @Test
  void userCodeNeverRunsOnAnIoThread() throws Exception {
    BlockingQueue<String> threads = new LinkedBlockingQueue<>();
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints(over)) {
      Watched alice = endpoints.open();
      Watched bob = endpoints.open();
      alice.endpoint().onMessage((c, m) -> threads.add(Thread.currentThread().getName()));
      bob.endpoint().onEvent(event -> threads.add(Thread.currentThread().getName()));
      Connection connection =
          await(
              bob.endpoint()
                  .connect(alice.address())
                  .whenComplete((c, e) -> threads.add(Thread.currentThread().getName())));
      await(
          connection
              .send(Message.of("x"))
              .thenRun(() -> threads.add(Thread.currentThread().getName())));
      await(connection.ping().thenAccept(p -> threads.add(Thread.currentThread().getName())));
      connection.close();
      await(connection.closed().thenAccept(r -> threads.add(Thread.currentThread().getName())));
    }
    assertThat(threads).hasSizeGreaterThan(5).allMatch(name -> !name.contains("-io"));
  }

  private static void awaitGate(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
