package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.RawSession.Self;
import dev.crust.proto.admission.Token;
import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.session.Limits;
import dev.crust.proto.wire.Close;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Peers who are who they say and then break the session's rules: thrown out with a reason, which
 * both sides hear, while another peer goes on undisturbed.
 */
@Timeout(60)
class BadPeerTest {
  private static final int MESSAGE = 100_000;

  /** How long a connection waits for a path. */
  private static final Duration PATIENCE = Duration.ofSeconds(6);

  /** So many streams are opened by one write. */
  private static final int BATCH = 1000;

  private static final int PIECE = 64 << 10;

  /** What a stream's user may have written that is not acknowledged. */
  private static final long SEND_LIMIT = 4 << 20;

  private static final Limits OURS = Limits.forMessages(MESSAGE);

  private LoopbackEndpoints endpoints;
  private final BlockingQueue<Message> arrived = new LinkedBlockingQueue<>();
  private Watched alice;
  private Self self;
  private Token name;
  private Connection friend;
  private RawSession peer;

  /** What everybody speaks. */
  Over over() {
    return Over.TCP;
  }

  @BeforeEach
  void connect() throws Exception {
    endpoints = new LoopbackEndpoints(over());
    alice = endpoints.open(builder -> builder.maxMessageSize(MESSAGE).pathPatience(PATIENCE));
    friend = endpoints.open().connect(alice.address());
    alice.next(Event.Connected.class).connection().onMessage(arrived::add);
    self = Self.decider(alice);
    name = RawSession.token();
    peer = RawSession.open(alice, way(), self, name);
    Event.Connected connected = alice.next(Event.Connected.class);
    assertThat(connected.connection().peer()).isEqualTo(self.identity().peerId());
  }

  /** What is favoured is tried alone, too, so where there is a choice it is the other. */
  private Candidate way() {
    List<Candidate> ways = alice.address().candidates();
    return ways.get(ways.size() - 1);
  }

  @AfterEach
  void close() throws Exception {
    peer.close();
    endpoints.close();
  }

  private interface Deed {
    void by(RawSession peer) throws IOException;
  }

  /** What a peer does, and what it is told. */
  record Misdeed(String what, Deed deed, String complaint) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static final int OPEN = FrameType.OPEN;
  private static final int DATA = FrameType.DATA;

  static Stream<Misdeed> misdeeds() {
    return Stream.of(
        new Misdeed(
            "acknowledges what was never sent",
            peer -> peer.numbers(FrameType.ACK, 1000),
            "1000 frames acknowledged of 0 sent"),
        new Misdeed(
            "says that frames were sent which never came",
            peer -> peer.numbers(FrameType.NEXT, 9),
            "frame 9 announced where 1 is next"),
        new Misdeed(
            "sends on a stream that never began",
            peer -> peer.padded(DATA, 10, 6),
            "a frame for stream 6, which never began"),
        new Misdeed(
            "sends on our stream that never began",
            peer -> peer.padded(DATA, 10, 1),
            "a frame for stream 1, which never began"),
        new Misdeed(
            "sends on a stream that it has finished",
            peer -> {
              peer.padded(OPEN, 1, 0);
              peer.numbers(FrameType.FIN, 0);
              peer.padded(DATA, 10, 0);
            },
            "bytes on stream 0 after its end"),
        new Misdeed(
            "sends on a stream that it has given up",
            peer -> {
              peer.padded(OPEN, 1, 0);
              peer.numbers(FrameType.RESET, 0, 7);
              peer.padded(DATA, 10, 0);
            },
            "bytes on stream 0 after its end"),
        new Misdeed(
            "finishes a stream twice",
            peer -> {
              peer.padded(OPEN, 1, 0);
              peer.numbers(FrameType.FIN, 0);
              peer.numbers(FrameType.FIN, 0);
            },
            "stream 0 ended twice"),
        new Misdeed(
            "opens a stream out of turn",
            peer -> peer.padded(OPEN, 1, 4),
            "stream 4 was opened where 0 is next"),
        new Misdeed(
            "opens a stream in our name",
            peer -> peer.padded(OPEN, 1, 1),
            "stream 1 was opened where 0 is next"),
        new Misdeed(
            "overruns the window of a stream",
            peer -> {
              peer.padded(OPEN, 1, 0);
              fill(peer, 0, Limits.STREAM_WINDOW);
              peer.padded(DATA, 1, 0);
            },
            "262145 bytes were sent on stream 0 where 262144 were granted"),
        new Misdeed(
            "overruns the window of all streams",
            peer -> {
              long streams = Limits.STREAMS_WINDOW / Limits.STREAM_WINDOW;
              for (long each = 0; each < streams; each++) {
                peer.padded(OPEN, 1, 2 * each);
                fill(peer, 2 * each, Limits.STREAM_WINDOW);
              }
              peer.padded(OPEN, 1, 2 * streams);
              peer.padded(DATA, 1, 2 * streams);
            },
            "25165825 bytes were sent on streams where 25165824 were granted"),
        new Misdeed(
            "overruns the window of messages",
            peer -> {
              for (int priority = 0; priority < 3; priority++) {
                peer.frame(
                    FrameType.MESSAGE, (byte) priority, (byte) 0xa0, (byte) 0x8d, (byte) 0x06);
              }
            },
            "300192 charged bytes were sent where 200128 were granted"));
  }

  private static void fill(RawSession peer, long stream, long bytes) throws IOException {
    for (long left = bytes; left > 0; left -= FrameReader.MAX_PART / 2) {
      peer.padded(DATA, FrameReader.MAX_PART / 2, stream);
    }
  }

  @ParameterizedTest
  @MethodSource("misdeeds")
  @Execution(CONCURRENT)
  void thrownOut(Misdeed misdeed) throws Exception {
    try {
      misdeed.deed.by(peer);
    } catch (IOException hungUp) {
      // It was noticed before the end.
    }
    assertThrownOut(misdeed.complaint);
    assertFriendUndisturbed();
  }

  private void assertThrownOut(String complaint) throws Exception {
    Event.Lost lost = alice.next(Event.Lost.class);
    assertThat(lost.connection().peer()).isEqualTo(self.identity().peerId());
    assertThat(lost.reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
    assertThat(lost.detail()).isEqualTo(complaint);
    assertThat(await(lost.connection().closed())).isEqualTo(Reason.PROTOCOL_VIOLATION);
    assertThat(alice.endpoint().connections()).hasSize(1);
  }

  private void assertFriendUndisturbed() throws Exception {
    await(friend.send(Message.of("still there?")));
    Message message = arrived.poll(LoopbackEndpoints.PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(message).isNotNull();
    assertThat(message.text()).isEqualTo("still there?");
    assertThat(await(friend.ping()).path()).isNotNull();
  }

  @Test
  @Execution(CONCURRENT)
  void itIsTold() throws Exception {
    peer.numbers(FrameType.ACK, 1000);
    Close close = peer.awaitClose();
    assertThat(close.getReason()).isEqualTo("protocol-violation");
    assertThat(close.getDetail()).isEqualTo("1000 frames acknowledged of 0 sent");
    assertThrownOut(close.getDetail());
  }

  /** As one that has closed its path, but without a word. */
  @Test
  @Execution(CONCURRENT)
  void itFinishesWithoutAWord() throws Exception {
    Connection connection = connection();
    peer.finish();
    Event.PathChanged waits = alice.nextChange(connection);
    assertThat(waits.to()).isEmpty();
    assertThat(waits.reason()).isEqualTo(Reason.PATH_LOST);
    peer.awaitEnd();
    assertFriendUndisturbed();
  }

  @Test
  @Execution(CONCURRENT)
  void aMillionStreams() throws Exception {
    openStreams(1_000_000, false);
    assertThrownOut("more than 4096 streams were opened");
    assertFriendUndisturbed();
  }

  /** They are over for both sides but for our user, who was never asked. */
  @Test
  @Execution(CONCURRENT)
  void aMillionStreamsThatAreDroppedAtOnce() throws Exception {
    openStreams(1_000_000, true);
    assertThrownOut("more than 4096 streams were opened");
    assertFriendUndisturbed();
  }

  /** So many are no crime where the user takes them, and the peer waits until it has. */
  @Test
  @Execution(CONCURRENT)
  void manyStreamsOneAfterTheOther() throws Exception {
    AtomicInteger taken = new AtomicInteger();
    alice
        .endpoint()
        .onStream(
            stream -> {
              taken.incrementAndGet();
              stream.close();
            });
    for (int first = 0; first < 20 * BATCH; first += BATCH) {
      peer.write(streams(first, true));
      for (int i = 0; i < BATCH; i++) {
        // A user who is faster than our STOP finishes the stream.
        peer.awaitEndOfStream();
        if (i % 100 == 99) {
          // Nothing for long would look like silence.
          peer.acknowledge();
        }
      }
    }
    assertThat(taken).hasValue(20 * BATCH);
    assertThat(alice.endpoint().connections()).hasSize(2);
    assertFriendUndisturbed();
  }

  /** Opens streams, and acknowledges what comes of it, until the other side hangs up. */
  private void openStreams(int count, boolean dropped) {
    try {
      for (int first = 0; first < count; first += BATCH) {
        peer.write(streams(first, dropped));
        if (peer.askedAndAnswered() == null) {
          return;
        }
        peer.acknowledge();
      }
    } catch (IOException hungUp) {
      return;
    }
    throw new AssertionError("all were let in");
  }

  /**
   * The frames that open a batch of streams.
   *
   * @param dropped whether each holds a byte, is finished, and what comes back is not wanted
   */
  private static byte[] streams(int first, boolean dropped) {
    ByteBuffer out = ByteBuffer.allocate(64 * BATCH);
    for (long id = 2L * first; id < 2L * (first + BATCH); id += 2) {
      RawSession.put(out, OPEN, RawSession.varints(id, 5));
      if (dropped) {
        RawSession.put(out, DATA, RawSession.varints(id, 'x'));
        RawSession.put(out, FrameType.STOP, RawSession.varints(id, 0));
        RawSession.put(out, FrameType.FIN, RawSession.varints(id));
      }
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  @Test
  @Execution(CONCURRENT)
  void oldAcknowledgements() throws Exception {
    Connection connection = connection();
    for (int i = 1; i <= 3; i++) {
      CompletionStage<Void> sent = connection.send(Message.of("message " + i));
      peer.await(FrameType.MESSAGE);
      peer.acknowledge();
      await(sent);
    }
    for (int i = 0; i < 10_000; i++) {
      peer.numbers(FrameType.ACK, i % 4);
    }
    peer.ping();
    CompletionStage<Void> sent = connection.send(Message.of("one more"));
    peer.await(FrameType.MESSAGE);
    for (int i = 0; i < 1000; i++) {
      peer.numbers(FrameType.ACK, i % 4);
    }
    peer.ping();
    assertThat(sent.toCompletableFuture()).as("not acknowledged").isNotDone();
    peer.acknowledge();
    await(sent);
    assertFriendUndisturbed();
  }

  /** It reads and is alive, so the connection stays; but what it may make us hold is bounded. */
  @Test
  @Execution(CONCURRENT)
  void noAcknowledgements() throws Exception {
    Connection connection = connection();
    peer.numbers(FrameType.WINDOW, 1L << 40);
    peer.numbers(FrameType.STREAMS_WINDOW, 1L << 40);
    PeerStream stream = openTo(connection);
    peer.numbers(FrameType.STREAM_WINDOW, stream.id(), 1L << 40);
    assertThat(sendUntilFull(connection)).isEqualTo(OURS.window() / (1000 + 64));
    CompletableFuture<Void> waits = writeUntilFull(stream);
    for (int i = 0; i < 100; i++) {
      peer.ping();
      assertThat(connection.trySend(Message.of(new byte[1000]))).isEmpty();
    }
    assertThat(waits).isNotDone();
    assertFriendUndisturbed();
    for (int i = 0; i < 1000 && !waits.isDone(); i++) {
      peer.acknowledge();
      peer.ping();
    }
    await(waits);
    assertThat(connection.trySend(Message.of(new byte[1000]))).isPresent();
  }

  /** Nothing goes out, nothing comes back. */
  @Test
  @Execution(CONCURRENT)
  void aPeerThatNeverReads() throws Exception {
    Connection connection = connection();
    PeerStream stream = openTo(connection);
    peer.numbers(FrameType.WINDOW, 1L << 40);
    peer.numbers(FrameType.STREAMS_WINDOW, 1L << 40);
    peer.numbers(FrameType.STREAM_WINDOW, stream.id(), 1L << 40);
    CompletableFuture<Void> write = writeUntilFull(stream);
    assertThat(sendUntilFull(connection)).isEqualTo(OURS.window() / (1000 + 64));
    Event.PathChanged waits = alice.nextChange(connection);
    assertThat(waits.to()).isEmpty();
    assertThat(waits.reason()).isEqualTo(Reason.SILENT);
    assertFriendUndisturbed();
    Event.Lost lost = alice.next(Event.Lost.class);
    assertThat(lost.connection()).isSameAs(connection);
    assertThat(lost.reason()).isEqualTo(Reason.PATH_LOST);
    assertThatThrownBy(() -> await(write))
        .cause()
        .hasCauseInstanceOf(ConnectionLostException.class);
    assertFriendUndisturbed();
  }

  private Connection connection() {
    return alice.endpoint().connections().stream()
        .filter(each -> each.peer().equals(self.identity().peerId()))
        .findFirst()
        .orElseThrow();
  }

  private PeerStream openTo(Connection connection) throws Exception {
    PeerStream stream = await(connection.openStream());
    peer.await(OPEN);
    return stream;
  }

  /** How many messages of a thousand bytes are taken before one has to wait. */
  private static long sendUntilFull(Connection connection) {
    for (int i = 0; i < 100_000; i++) {
      if (connection.trySend(Message.of(new byte[1000])).isEmpty()) {
        return i;
      }
    }
    throw new AssertionError("there is room for whatever is sent");
  }

  /** Writes until a write has to wait, which must be soon; returns that write. */
  private static CompletableFuture<Void> writeUntilFull(PeerStream stream) throws Exception {
    for (long written = 0; written <= SEND_LIMIT; written += PIECE) {
      CompletableFuture<Void> room = stream.write(ByteBuffer.allocate(PIECE)).toCompletableFuture();
      try {
        room.get(1, TimeUnit.SECONDS);
      } catch (TimeoutException full) {
        return room;
      }
    }
    throw new AssertionError("more than the limit was taken");
  }
}
