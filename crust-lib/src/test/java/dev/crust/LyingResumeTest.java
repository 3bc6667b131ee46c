package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.RawSession.Self;
import dev.crust.proto.admission.Token;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A peer whose path broke comes back and does not tell the truth about what it held. Two of three
 * messages to it were acknowledged before.
 */
@Timeout(60)
@ParameterizedClass
@EnumSource(Over.class)
final class LyingResumeTest {
  private final LoopbackEndpoints endpoints;
  private final BlockingQueue<Message> fromFriend = new LinkedBlockingQueue<>();
  private Watched alice;
  private Self self;
  private Token name;
  private Connection connection;
  private Connection friend;
  private CompletionStage<Void> third;

  LyingResumeTest(Over over) {
    endpoints = new LoopbackEndpoints(over);
  }

  @BeforeEach
  void breakThePath() throws Exception {
    alice = endpoints.open();
    friend = endpoints.open().connect(alice.address());
    alice.next(Event.Connected.class).connection().onMessage(fromFriend::add);
    self = Self.decider(alice);
    name = RawSession.token();
    try (RawSession first = RawSession.open(alice, self, name)) {
      connection = alice.next(Event.Connected.class).connection();
      CompletionStage<Void> one = connection.send(Message.of("one"));
      CompletionStage<Void> two = connection.send(Message.of("two"));
      first.await(FrameType.MESSAGE);
      first.await(FrameType.MESSAGE);
      first.acknowledge();
      await(one);
      await(two);
      third = connection.send(Message.of("three"));
      first.await(FrameType.MESSAGE);
    }
    Event.PathChanged waits = alice.nextChange(connection);
    assertThat(waits.to()).isEmpty();
  }

  @AfterEach
  void close() {
    endpoints.close();
  }

  private RawSession comeBack(Token held) throws Exception {
    return comeBack(self, held, true);
  }

  /** By another transport than the path that broke, if there is one. */
  private RawSession comeBack(Self who, Token held, boolean resumes) throws Exception {
    List<Candidate> ways = alice.address().candidates();
    return RawSession.greet(alice, ways.get(ways.size() - 1), who, Optional.of(held), resumes);
  }

  private RawSession resume() throws Exception {
    RawSession path = comeBack(name);
    path.admit(name);
    return path;
  }

  @Test
  @Execution(CONCURRENT)
  void theTruth() throws Exception {
    try (RawSession path = resume()) {
      path.numbers(FrameType.NEXT, 1);
      path.numbers(FrameType.ACK, 2);
      assertGoesOn(path);
    }
  }

  @Test
  @Execution(CONCURRENT)
  void moreReceivedThanWasSent() throws Exception {
    try (RawSession path = resume()) {
      path.numbers(FrameType.NEXT, 1);
      path.numbers(FrameType.ACK, 4);
      assertThat(path.awaitClose().getReason()).isEqualTo("protocol-violation");
      assertThrownOut("4 frames acknowledged of 3 sent");
    }
  }

  @Test
  @Execution(CONCURRENT)
  void moreSentThanWasReceived() throws Exception {
    try (RawSession path = resume()) {
      path.numbers(FrameType.NEXT, 2);
      assertThat(path.awaitClose().getReason()).isEqualTo("protocol-violation");
      assertThrownOut("frame 2 announced where 1 is next");
    }
  }

  @Test
  @Execution(CONCURRENT)
  void noNumberAtAll() throws Exception {
    try (RawSession path = resume()) {
      path.frame(FrameType.MESSAGE, (byte) 1, (byte) 0);
      assertThat(path.awaitClose().getReason()).isEqualTo("protocol-violation");
      assertThrownOut("a numbered frame before its number");
    }
  }

  private void assertThrownOut(String complaint) throws Exception {
    Event.Lost lost = alice.next(Event.Lost.class);
    assertThat(lost.connection()).isSameAs(connection);
    assertThat(lost.reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
    assertThat(lost.detail()).isEqualTo(complaint);
    assertThat(third.toCompletableFuture()).isCompletedExceptionally();
    assertFriendUndisturbed();
  }

  /** What was acknowledged is gone, and is not sent again. */
  @Test
  @Execution(CONCURRENT)
  void lessReceivedThanWasAcknowledged() throws Exception {
    try (RawSession path = resume()) {
      path.numbers(FrameType.NEXT, 1);
      path.numbers(FrameType.ACK, 0);
      assertGoesOn(path);
    }
  }

  @Test
  @Execution(CONCURRENT)
  void anotherConnection() throws Exception {
    try (RawSession path = comeBack(RawSession.token())) {
      assertThat(path.awaitClose().getReason()).isEqualTo("closed");
    }
    assertFriendUndisturbed();
    theTruth();
  }

  @Test
  @Execution(CONCURRENT)
  void somebodyElsesConnection() throws Exception {
    Self thief = Self.decider(alice);
    try (RawSession path = comeBack(thief, name, true)) {
      assertThat(path.awaitClose().getReason()).isEqualTo("closed");
    }
    assertFriendUndisturbed();
    theTruth();
  }

  /** One that names the connection of another without coming to resume it gets one of its own. */
  @Test
  @Execution(CONCURRENT)
  void aConnectionOfItsOwnByTheNameOfAnothers() throws Exception {
    Self thief = Self.decider(alice);
    try (RawSession path = comeBack(thief, name, false)) {
      path.admit(name);
      path.numbers(FrameType.NEXT, 1);
      path.numbers(FrameType.ACK, 0);
      path.ping();
      Connection own = alice.next(Event.Connected.class).connection();
      assertThat(own.peer()).isEqualTo(thief.identity().peerId());
      assertThat(path.numbered()).as("frames of the other").isZero();
      theTruth();
      assertThat(path.numbered()).isZero();
    }
  }

  /** Frames that were accepted come again, with other contents: the first are what counts. */
  @Test
  @Execution(CONCURRENT)
  void anotherPastThanBefore() throws Exception {
    BlockingQueue<Message> arrived = new LinkedBlockingQueue<>();
    connection.onMessage(arrived::add);
    try (RawSession path = resume()) {
      path.numbers(FrameType.NEXT, 1);
      path.frame(FrameType.MESSAGE, text("truth"));
      path.ping();
    }
    assertThat(alice.nextChange(connection).to()).isPresent();
    assertThat(alice.nextChange(connection).to()).isEmpty();
    try (RawSession path = resume()) {
      path.numbers(FrameType.NEXT, 1);
      path.frame(FrameType.MESSAGE, text("lies!"));
      path.frame(FrameType.MESSAGE, text("truth, too"));
      path.ping();
      assertThat(arrived.poll(10, TimeUnit.SECONDS).text()).isEqualTo("truth");
      assertThat(arrived.poll(10, TimeUnit.SECONDS).text()).isEqualTo("truth, too");
      path.numbers(FrameType.ACK, 3);
      await(third);
    }
  }

  private static byte[] text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer body = ByteBuffer.allocate(2 + bytes.length).put((byte) 1);
    Varint.write(body, bytes.length);
    return body.put(bytes).array();
  }

  /** The third message comes, and no other; acknowledged, it is done. */
  private void assertGoesOn(RawSession path) throws Exception {
    for (int i = 0; i < 2; i++) {
      // The first answer may overtake the frames that come after the path is in use.
      path.ping();
    }
    assertThat(path.numbered()).isEqualTo(1);
    assertThat(third.toCompletableFuture()).isNotDone();
    path.numbers(FrameType.ACK, 3);
    await(third);
    assertThat(alice.nextChange(connection).reason()).isEqualTo(Reason.RESUMED);
    assertFriendUndisturbed();
  }

  private void assertFriendUndisturbed() throws Exception {
    await(friend.send(Message.of("still there?")));
    Message message = fromFriend.poll(10, TimeUnit.SECONDS);
    assertThat(message).isNotNull();
    assertThat(message.text()).isEqualTo("still there?");
  }
}
