package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.Endpoint;
import dev.crust.PeerStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** When a conversation is complete, and what it says when it is not. */
@Timeout(60)
@ParameterizedClass
@EnumSource(Over.class)
final class ConversationTest {
  private static final int PATIENCE_SECONDS = 20;

  private final Over over;
  private final LinkedBlockingQueue<PeerStream> arrived = new LinkedBlockingQueue<>();
  private Endpoint called;
  private Endpoint caller;

  ConversationTest(Over over) {
    this.over = over;
  }

  @BeforeEach
  void open() throws Exception {
    called = over.endpoint();
    caller = over.endpoint();
    called.onStream(arrived::add);
    await(caller.connect(called.address()).toCompletableFuture());
  }

  @AfterEach
  void close() {
    caller.close();
    called.close();
  }

  private static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Opens a stream; its other end comes as soon as something is written. */
  private PeerStream stream() throws Exception {
    return await(caller.connection(called.id()).orElseThrow().openStream().toCompletableFuture());
  }

  private PeerStream accept() throws InterruptedException {
    PeerStream stream = arrived.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(stream).isNotNull();
    return stream;
  }

  /** One side of a conversation, on a thread of its own. */
  private static final class Talk {
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final CompletableFuture<Void> over = new CompletableFuture<>();

    Talk(Conversation.Side side, Stdin stdin, PeerStream stream) {
      this(side, stdin, stream, null);
    }

    Talk(Conversation.Side side, Stdin stdin, PeerStream stream, @Nullable ByteSink sink) {
      ByteSink to = sink == null ? ByteSink.raw(out) : sink;
      Conversation conversation = new Conversation(side, stdin, to, stream);
      Thread thread =
          new Thread(
              () -> {
                try {
                  conversation.run();
                  if (side == Conversation.Side.CALLED) {
                    stream.close();
                  }
                  over.complete(null);
                } catch (IOException e) {
                  over.completeExceptionally(e);
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    String heard() {
      return out.toString(StandardCharsets.UTF_8);
    }
  }

  private static InputStream text(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  private Talk callerTalk(InputStream in, PeerStream stream) {
    return new Talk(Conversation.Side.CALLER, Stdin.forOneStream(in), stream);
  }

  private static void assertFails(Talk talk, String why) {
    assertThatThrownBy(() -> await(talk.over))
        .cause()
        .isInstanceOfSatisfying(
            IOException.class, e -> assertThat(StreamTrouble.of(e)).contains(why));
  }

  @Test
  void complete() throws Exception {
    Talk one = callerTalk(text("there"), stream());
    Talk other = new Talk(Conversation.Side.CALLED, new Stdin(text("back")), accept());
    await(one.over);
    await(other.over);
    assertThat(other.heard()).isEqualTo("there");
    assertThat(one.heard()).isEqualTo("back");
  }

  /** However soon the peer ends, it gets what was there to be read. */
  @Test
  void whatIsThereIsSaid() throws Exception {
    for (int i = 0; i < 100; i++) {
      Talk one = callerTalk(text(""), stream());
      Talk other = new Talk(Conversation.Side.CALLED, new Stdin(text("back")), accept());
      await(one.over);
      await(other.over);
      assertThat(one.heard()).isEqualTo("back");
    }
  }

  /** Nothing was begun, so nothing is cut short, and what comes later is for the next. */
  @Test
  void anIdleInputIsKeptForTheNextStream() throws Exception {
    PipedOutputStream typed = new PipedOutputStream();
    Stdin stdin = new Stdin(new PipedInputStream(typed));
    for (String word : new String[] {"first", "second"}) {
      Talk one = callerTalk(text(word), stream());
      Talk other = new Talk(Conversation.Side.CALLED, stdin, accept());
      await(one.over);
      await(other.over);
      assertThat(other.heard()).isEqualTo(word);
    }
    typed.write("third".getBytes(StandardCharsets.UTF_8));
    typed.close();
    Talk one = callerTalk(text(""), stream());
    Talk other = new Talk(Conversation.Side.CALLED, stdin, accept());
    await(one.over);
    await(other.over);
    assertThat(one.heard()).isEqualTo("third");
  }

  @Test
  void anInputThatBreaksInTheMiddle() throws Exception {
    Talk one = callerTalk(new SequenceInputStream(text("half of it"), broken()), stream());
    Talk other = new Talk(Conversation.Side.CALLED, new Stdin(text("")), accept());
    assertFails(one, "standard input cannot be read: Input/output error");
    assertFails(other, "the other side's standard input cannot be read to its end");
  }

  @Test
  void anInputThatCannotBeRead() throws Exception {
    PeerStream stream = stream();
    Talk one = callerTalk(broken(), stream);
    assertFails(one, "standard input cannot be read: Input/output error");
  }

  /** A node whose terminal is gone still takes what comes. */
  @Test
  void anInputOfANodeThatCannotBeRead() throws Exception {
    Stdin stdin = new Stdin(broken());
    for (String word : new String[] {"first", "second"}) {
      Talk one = callerTalk(text(word), stream());
      Talk other = new Talk(Conversation.Side.CALLED, stdin, accept());
      await(one.over);
      await(other.over);
      assertThat(other.heard()).isEqualTo(word);
    }
  }

  private static InputStream broken() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        throw new IOException("Input/output error");
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        throw new IOException("Input/output error");
      }
    };
  }

  @Test
  void anOutputThatBreaks() throws Exception {
    Talk one = callerTalk(text("unheard"), stream());
    ByteSink full =
        (bytes, length) -> {
          throw new IOException("No space left on device");
        };
    Talk other = new Talk(Conversation.Side.CALLED, new Stdin(text("")), accept(), full);
    assertFails(one, "nobody reads the other side's standard output any more");
    assertThatThrownBy(() -> await(other.over))
        .cause()
        .isInstanceOf(Conversation.OutputBrokenException.class);
  }

  @Test
  void aConnectionThatIsLostBeforeAllIsOut() throws Exception {
    Talk one = callerTalk(text("unheard"), stream());
    accept();
    called.close();
    assertFails(one, "the connection was lost");
  }

  @Test
  void anEndOfTheStreamThatIsNotTheInputs() throws Exception {
    assertRefused(
        out -> {
          out.writeInt(4);
          out.writeBytes("half");
        },
        "the other side ended the stream before all had arrived");
  }

  @Test
  void halfAPiece() throws Exception {
    assertRefused(
        out -> {
          out.writeInt(8);
          out.writeBytes("half");
        },
        "the other side ended the stream before all had arrived");
  }

  @Test
  void somethingElse() throws Exception {
    assertRefused(out -> out.writeInt(1 << 30), "what no 'crust connect' sends");
    assertRefused(out -> out.writeInt(-2), "what no 'crust connect' sends");
  }

  @Test
  void moreAfterTheEnd() throws Exception {
    assertRefused(
        out -> {
          out.writeInt(StdioWriter.END);
          out.writeInt(1);
          out.writeBytes("x");
        },
        "what no 'crust connect' sends");
  }

  private interface Bytes {
    void to(DataOutputStream out) throws IOException;
  }

  private void assertRefused(Bytes bytes, String why) throws Exception {
    PeerStream stream = stream();
    try (PipedOutputStream open = new PipedOutputStream()) {
      bytes.to(new DataOutputStream(stream.output()));
      stream.finish();
      Talk talk =
          new Talk(Conversation.Side.CALLED, new Stdin(new PipedInputStream(open)), accept());
      assertFails(talk, why);
    }
  }
}
