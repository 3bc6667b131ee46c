package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.LoopbackEndpoints.Watched;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What users do with streams. */
@Timeout(60)
@ParameterizedClass
@EnumSource(Over.class)
final class StreamsTest {
  private static final int PIECE = 64 << 10;

  /** As much as one stream may hold that is not acknowledged, and what its reader's side holds. */
  private static final long MOST_HELD = (4 << 20) + (8 << 20) + PIECE;

  private final LoopbackEndpoints endpoints;
  private final BlockingQueue<PeerStream> arrived = new LinkedBlockingQueue<>();
  private Watched alice;
  private Watched bob;
  private Connection connection;

  StreamsTest(Over over) {
    endpoints = new LoopbackEndpoints(over);
  }

  @BeforeEach
  void connect() throws Exception {
    alice = endpoints.open();
    bob = endpoints.open();
    alice.endpoint().onStream(arrived::add);
    connection = bob.connect(alice.address());
  }

  @AfterEach
  void close() {
    endpoints.close();
  }

  private PeerStream accept() throws InterruptedException {
    PeerStream stream = arrived.poll(10, TimeUnit.SECONDS);
    assertThat(stream).as("a stream").isNotNull();
    return stream;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void eachDirectionEndsByItself() throws Exception {
    PeerStream ours = await(connection.openStream(7));
    ours.output().write(bytes("question"));
    ours.finish();
    PeerStream theirs = accept();
    assertThat(theirs.priority()).isEqualTo(7);
    assertThat(theirs.id()).isEqualTo(ours.id());
    assertThat(theirs.input().readAllBytes()).isEqualTo(bytes("question"));
    theirs.output().write(bytes("answer"));
    theirs.output().close();
    assertThat(ours.input().readAllBytes()).isEqualTo(bytes("answer"));
    assertThatThrownBy(() -> ours.output().write(1)).isInstanceOf(IOException.class);
  }

  @Test
  void aResetIsToldBothWaysWithItsCode() throws Exception {
    PeerStream ours = await(connection.openStream());
    ours.output().write(bytes("never mind"));
    PeerStream theirs = accept();
    ours.reset(42);
    assertThatThrownBy(() -> theirs.input().readAllBytes())
        .isInstanceOfSatisfying(
            StreamResetException.class, reset -> assertThat(reset.code()).isEqualTo(42));
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1000; i++) {
                theirs.output().write(new byte[PIECE]);
              }
            })
        .isInstanceOfSatisfying(
            StreamResetException.class, reset -> assertThat(reset.code()).isEqualTo(42));
    assertThatThrownBy(() -> ours.input().read()).isInstanceOf(StreamResetException.class);
  }

  /** Each holds less than is told to the session in one step. */
  @Test
  void manyShortStreamsDoNotUseUpTheWindow() throws Exception {
    int count = 2000;
    byte[] content = new byte[16 << 10];
    new Random(1).nextBytes(content);
    for (int i = 0; i < count; i++) {
      PeerStream ours = await(connection.openStream());
      ours.output().write(content);
      ours.close();
      PeerStream theirs = accept();
      if (i % 3 == 0) {
        theirs.close();
      } else {
        assertThat(theirs.input().readAllBytes()).isEqualTo(content);
        theirs.finish();
      }
    }
  }

  @Test
  void twoThousandStreamsAtOnce() throws Exception {
    int count = 2000;
    List<PeerStream> ours = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PeerStream stream = await(connection.openStream());
      stream.output().write(bytes("stream " + stream.id()));
      ours.add(stream);
    }
    ours.forEach(PeerStream::finish);
    for (int i = 0; i < count; i++) {
      PeerStream theirs = accept();
      assertThat(theirs.input().readAllBytes()).isEqualTo(bytes("stream " + theirs.id()));
      theirs.output().write(bytes("seen"));
      theirs.finish();
    }
    for (PeerStream stream : ours) {
      assertThat(stream.input().readAllBytes()).isEqualTo(bytes("seen"));
    }
  }

  @Test
  void moreStreamsThanThePeerAllows() throws Exception {
    List<CompletionStage<PeerStream>> opening = new ArrayList<>();
    for (int i = 0; i < 4096; i++) {
      opening.add(connection.openStream());
    }
    for (CompletionStage<PeerStream> each : opening) {
      await(each);
    }
    assertThatThrownBy(() -> await(connection.openStream()))
        .cause()
        .isInstanceOf(IllegalStateException.class);
    await(connection.send(Message.of("still there")));
  }

  @Test
  void aStalledReaderStallsItsOwnStreamAndBoundsItsWriter() throws Exception {
    PeerStream stalled = await(connection.openStream());
    PeerStream unread = stall(stalled);
    PeerStream lively = await(connection.openStream());
    byte[] content = new byte[20 << 20];
    new Random(2).nextBytes(content);
    CompletableFuture<Void> written =
        CompletableFuture.runAsync(
            () -> {
              try {
                lively.output().write(content);
                lively.finish();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(accept().input().readAllBytes()).isEqualTo(content);
    await(written);
    await(connection.send(Message.of("messages pass, too")));
    assertThat(unread.input().available()).isPositive();
  }

  /** Writes until there is no room any more. Returns the stream at the other side. */
  private PeerStream stall(PeerStream stream) throws Exception {
    long sum = 0;
    while (true) {
      CompletionStage<Void> room = stream.write(ByteBuffer.allocate(PIECE));
      try {
        room.toCompletableFuture().get(500, TimeUnit.MILLISECONDS);
      } catch (TimeoutException full) {
        return accept();
      }
      sum += PIECE;
      assertThat(sum).as("bytes that nobody reads").isLessThan(MOST_HELD);
    }
  }

  @Test
  void readingAndWritingWithoutWaiting() throws Exception {
    PeerStream ours = await(connection.openStream());
    byte[] content = new byte[3 << 20];
    new Random(3).nextBytes(content);
    CompletionStage<Void> written = ours.write(ByteBuffer.wrap(content)).thenRun(ours::finish);
    PeerStream theirs = accept();
    byte[] read = new byte[content.length];
    int length = 0;
    for (Optional<ByteBuffer> next = await(theirs.read());
        next.isPresent();
        next = await(theirs.read())) {
      int part = next.get().remaining();
      next.get().get(read, length, part);
      length += part;
    }
    await(written);
    assertThat(length).isEqualTo(content.length);
    assertThat(Arrays.equals(read, content)).isTrue();
  }

  @Test
  void oneReadWaitsAtATime() throws Exception {
    PeerStream ours = await(connection.openStream());
    CompletionStage<Optional<ByteBuffer>> first = ours.read();
    assertThatThrownBy(ours::read).isInstanceOf(IllegalStateException.class);
    accept().output().write(5);
    assertThat(await(first)).hasValueSatisfying(b -> assertThat(b.get()).isEqualTo((byte) 5));
  }

  @Test
  void whoeverReadsOrWritesHearsOfTheConnectionsEnd() throws Exception {
    PeerStream reading = await(connection.openStream());
    CompletionStage<Optional<ByteBuffer>> read = reading.read();
    accept();
    PeerStream writing = await(connection.openStream());
    stall(writing);
    connection.close();
    assertThatThrownBy(() -> await(read))
        .cause()
        .cause()
        .isInstanceOf(ConnectionLostException.class);
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1000; i++) {
                writing.output().write(new byte[PIECE]);
              }
            })
        .cause()
        .isInstanceOf(ConnectionLostException.class);
    assertThatThrownBy(() -> await(connection.openStream()))
        .cause()
        .isInstanceOf(ConnectionLostException.class);
  }

  /** It has come whole, so it is not lost. */
  @Test
  void whatCameBeforeTheConnectionsEndCanBeRead() throws Exception {
    PeerStream ours = await(connection.openStream());
    ours.output().write(bytes("last words"));
    ours.finish();
    PeerStream theirs = accept();
    await(connection.send(Message.of("so the stream has come, too")));
    connection.close();
    alice.next(Event.Lost.class);
    assertThat(theirs.input().readAllBytes()).isEqualTo(bytes("last words"));
  }

  @Test
  void anUrgentMessageOvertakesBulk() throws Exception {
    PeerStream bulk = await(connection.openStream(200));
    CountDownLatch heard = new CountDownLatch(1);
    alice.endpoint().onMessage((c, message) -> heard.countDown());
    long size = 256 << 20;
    CompletableFuture<Void> writing =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (long left = size; left > 0; left -= PIECE) {
                  bulk.output().write(new byte[PIECE]);
                }
                bulk.finish();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    PeerStream theirs = accept();
    byte[] buffer = new byte[PIECE];
    long read = theirs.input().readNBytes(buffer, 0, PIECE);
    connection.send(Message.of("make way").withPriority(0));
    while (heard.getCount() > 0) {
      int count = theirs.input().read(buffer);
      assertThat(count).as("the bulk was over first").isPositive();
      read += count;
    }
    // What was on its way: sockets, TLS, the reader's window.
    assertThat(read).isLessThan(64 << 20);
    bulk.reset(0);
    assertThatThrownBy(() -> writing.get(10, TimeUnit.SECONDS)).isNotNull();
  }
}
