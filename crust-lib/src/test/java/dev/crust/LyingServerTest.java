package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.RawSession.Self;
import dev.crust.driver.DialBackAsker;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import dev.crust.spi.Protocol;
import dev.crust.spi.TraversalCandidate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that is asked to dial back, and answers as it likes. */
@Timeout(60)
final class LyingServerTest {
  private final LoopbackEndpoints endpoints = new LoopbackEndpoints();
  private Watched asker;
  private Self self;
  private RawSession server;
  private int port;

  @BeforeEach
  void open() throws Exception {
    asker = endpoints.open();
    self = Self.decider(asker);
    server = RawSession.open(asker, self, RawSession.token());
    asker.next(Event.Connected.class);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
    endpoints.close();
  }

  /** The stream on which a question about another address has come. */
  private long asked() throws Exception {
    InetSocketAddress fresh = new InetSocketAddress(InetAddress.getLoopbackAddress(), ++port);
    DialBackAsker.ask(
        asker.endpoint(),
        new TraversalCandidate(TraversalCandidate.Kind.HOST, Protocol.TCP, fresh),
        self.identity().peerId());
    ByteBuffer service = server.await(FrameType.SERVICE).body();
    long stream = Varint.read(service);
    assertThat(stream).isNotNegative();
    server.await(FrameType.FIN);
    return stream;
  }

  private void say(long stream, int... bytes) throws Exception {
    byte[] body = new byte[Varint.length(stream) + bytes.length];
    ByteBuffer out = ByteBuffer.wrap(body);
    Varint.write(out, stream);
    for (int each : bytes) {
      out.put((byte) each);
    }
    server.frame(FrameType.DATA, body);
  }

  private void stillThere() throws Exception {
    server.acknowledge();
    server.ping();
    assertThat(asker.endpoint().connections()).hasSize(1);
    assertThat(asker.events())
        .noneMatch(it -> it instanceof Event.Reachability || it instanceof Event.Lost);
  }

  @Test
  void answers_that_are_none_are_given_up() throws Exception {
    for (int[] answer : new int[][] {{255, 255, 255}, {255, 127}, {1, 0, 0}}) {
      say(asked(), answer);
      server.await(FrameType.STOP);
      stillThere();
    }
  }

  @Test
  void answers_that_say_nothing_tell_nothing() throws Exception {
    for (int[] answer : new int[][] {{3, 1, 2, 3}, {3, 1}, {0}}) {
      long stream = asked();
      say(stream, answer);
      server.numbers(FrameType.FIN, stream);
      stillThere();
    }
  }

  @Test
  void silence_and_refusals_tell_nothing() throws Exception {
    server.numbers(FrameType.FIN, asked());
    stillThere();
    server.numbers(FrameType.RESET, asked(), 7);
    stillThere();
    server.numbers(FrameType.STOP, asked(), 7);
    stillThere();
    // This one is given time.
    asked();
    stillThere();
  }

  /** Of a question that was not asked, of more addresses than were, and of none. */
  @Test
  void reports_that_do_not_fit_tell_nothing() throws Exception {
    long stream = asked();
    // ReachabilityReport: id = 1 and twice STATUS_FROM_OTHER_ADDRESS.
    say(stream, 6, 0x08, 1, 0x12, 2, 2, 2);
    stillThere();
    say(stream, 0);
    server.await(FrameType.STOP);
    stillThere();
  }

  @Test
  void what_follows_an_answer_is_not_taken() throws Exception {
    long stream = asked();
    say(stream, 5, 0x08, 1, 0x12, 1, 1);
    stillThere();
    say(stream, 9, 9, 9);
    server.await(FrameType.STOP);
    stillThere();
  }

  @Test
  void an_answer_that_does_not_end_is_given_up() throws Exception {
    say(asked(), 5, 0x08, 1, 0x12, 1, 1);
    stillThere();
    server.await(FrameType.STOP);
    stillThere();
  }

  @Test
  void one_report_is_not_believed() throws Exception {
    long stream = asked();
    say(stream, 5, 0x08, 1, 0x12, 1, 1);
    server.numbers(FrameType.FIN, stream);
    stillThere();
    stream = asked();
    say(stream, 5, 0x08, 9, 0x12, 1, 1);
    server.numbers(FrameType.FIN, stream);
    stillThere();
  }
}
