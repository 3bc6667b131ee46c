package dev.crust.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.Event;
import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Carried;
import dev.crust.proto.punch.Signalling;
import dev.crust.proto.punch.SignallingReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of signals that nobody should have sent. */
@Timeout(60)
final class SignalsTest {
  private static final int PATIENCE_SECONDS = 10;

  private Endpoint introducer;
  private Endpoint anne;
  private Endpoint ben;
  private LocalConnection toIntroducer;
  private final BlockingQueue<PeerId> toldIntroducer = new LinkedBlockingQueue<>();
  private final BlockingQueue<PeerId> toldBen = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() throws Exception {
    introducer = endpoint();
    anne = endpoint();
    ben = endpoint();
    introducer.onEvent(event -> note(event, toldIntroducer));
    ben.onEvent(event -> note(event, toldBen));
    await(ben.connect(introducer.address()));
    awaitPeer(ben, toldIntroducer);
    toIntroducer = (LocalConnection) await(anne.connect(introducer.address()));
    awaitPeer(anne, toldIntroducer);
  }

  private static void note(Event event, BlockingQueue<PeerId> connected) {
    if (event instanceof Event.Connected news) {
      connected.add(news.connection().peer());
    }
  }

  /** Whoever was dialled is told a little later than the one who has dialled. */
  private static void awaitPeer(Endpoint peer, BlockingQueue<PeerId> connected)
      throws InterruptedException {
    PeerId next = connected.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    for (int seen = 0; next != null && !next.equals(peer.id()) && seen < 3; seen++) {
      next = connected.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    assertThat(next).isEqualTo(peer.id());
  }

  private static Endpoint endpoint() throws Exception {
    return Endpoint.builder()
        .listen(Transport.QUIC, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .discoveries(List.of())
        .relaying(Relaying.NEVER)
        .open();
  }

  @AfterEach
  void close() {
    anne.close();
    ben.close();
    introducer.close();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** A stream of signals, and what is answered on it, in words. */
  private static final class Line implements ServiceStream.User {
    private final ServiceStream stream;
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final SignallingReader reader = new SignallingReader();

    Line(LocalConnection connection) {
      this.stream = connection.openService(Signalling.SERVICE);
      stream.use(this);
    }

    Line say(ByteBuffer bytes) {
      stream.write(bytes);
      return this;
    }

    Line ask(PeerId to, int length) {
      return say(new Signalling.Ask(Carried.ask(to, new byte[length])).encode());
    }

    String answer() throws InterruptedException {
      return String.valueOf(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      stream.taken(bytes.remaining());
      try {
        for (Signalling each : reader.read(bytes)) {
          Carried carried = Carried.read(((Signalling.Carry) each).body());
          heard.add(((Carried.Refused) carried).why().toString());
        }
      } catch (MalformedMessageException e) {
        heard.add(String.valueOf(e.getMessage()));
      }
    }

    @Override
    public void onReset(long code) {
      heard.add("reset " + code);
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

  private Line line() {
    return new Line(toIntroducer);
  }

  private static PeerId nobody() {
    return Identity.ephemeral().peerId();
  }

  @Test
  void to_whom_nothing_can_be_carried() throws Exception {
    Line line = line();
    assertThat(line.ask(nobody(), 10).answer()).isEqualTo("not-connected");
    assertThat(line.ask(introducer.id(), 10).answer()).isEqualTo("self");
    assertThat(line.ask(anne.id(), 10).answer()).isEqualTo("self");
    assertThat(line.ask(ben.id(), 0).answer()).isEqualTo("too-large");
    assertThat(line.ask(ben.id(), 2049).answer()).isEqualTo("too-large");
  }

  @Test
  void more_than_anybody_needs() throws Exception {
    Line line = line();
    String last = "";
    for (int i = 0; i < 100 && !last.equals("too-many"); i++) {
      last = line.ask(nobody(), 10).answer();
    }
    assertThat(last).isEqualTo("too-many");
    await(((Connection) toIntroducer).ping());
  }

  @Test
  void what_is_malformed_and_what_is_one_stream_too_many() throws Exception {
    assertThat(line().say(ByteBuffer.wrap(new byte[] {-1, -1, -1})).answer()).isEqualTo("reset 1");
    Line first = line();
    assertThat(first.ask(nobody(), 10).answer()).isEqualTo("not-connected");
    assertThat(line().ask(nobody(), 10).answer()).isEqualTo("reset 2");
    assertThat(first.ask(nobody(), 10).answer()).isEqualTo("not-connected");
    await(((Connection) toIntroducer).ping());
  }

  /** The introducer carries it, and the receiver drops it without a word. */
  @Test
  void signals_that_nobody_has_signed_are_in_nobodys_way() throws Exception {
    Line line = line();
    for (int i = 0; i < 10; i++) {
      line.ask(ben.id(), 100);
    }
    line.say(new Signalling.Direct(new byte[100]).encode());
    line.say(new Signalling.Carry(Carried.ask(nobody(), new byte[100])).encode());
    line.say(new Signalling.Carry(Carried.ask(introducer.id(), new byte[100])).encode());
    assertThat(line.ask(nobody(), 10).answer()).isEqualTo("not-connected");
    line.stream.finish();
    Connection connection = await(anne.connect(CrustAddress.of(ben.id(), List.of())));
    await(connection.ping());
    awaitPeer(anne, toldBen);
    assertThat(ben.connections()).hasSize(2);
  }
}
