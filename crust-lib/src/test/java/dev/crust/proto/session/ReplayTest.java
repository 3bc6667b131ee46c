package dev.crust.proto.session;

import static dev.crust.proto.session.Bodies.message;
import static dev.crust.proto.session.Bodies.number;
import static dev.crust.proto.session.Bodies.start;
import static dev.crust.proto.session.Bodies.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is repeated on another path, and what a peer may say of it and of streams. */
class ReplayTest {
  private static final Limits LIMITS = new Limits(1000, 2128, 1000, 2000, 2);

  private final Heard heard = new Heard();
  private final OnePath<String> session = new OnePath<>(LIMITS, LIMITS, heard);

  private static ByteBuffer numbers(long... values) {
    ByteBuffer body = ByteBuffer.allocate(100);
    for (long value : values) {
      Varint.write(body, value);
    }
    return body.flip();
  }

  private void refused(int type, ByteBuffer body, String detail) {
    assertThatThrownBy(() -> session.onFrame(type, body, 0))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(detail);
  }

  @Test
  void what_is_not_acknowledged_comes_again() throws Exception {
    session.send(message(1, 5), "first");
    session.send(message(1, 6), "second");
    assertThat(written(session)).hasSize(2);
    session.onFrame(FrameType.ACK, number(1), 0);
    session.session.use(session.path);
    assertThat(written(session))
        .containsExactly(
            "next 2", "ack 0", "window 2128", "streams window 2000", "message 1 of 6: 6");
  }

  /** Seed 141 of the simulation, as it was. */
  @Test
  void an_acknowledgement_that_overtakes_the_replay_says_the_next_number_again() throws Exception {
    for (int i = 0; i < 5; i++) {
      session.send(message(1, 20 + i), "message " + i);
    }
    assertThat(written(session)).hasSize(5);
    session.session.use(session.path);
    assertThat(written(session, 44)).startsWith("next 1");
    session.onFrame(FrameType.ACK, number(4), 0);
    assertThat(written(session)).containsExactly("next 5", "message 1 of 24: 24");
  }

  @Test
  void an_old_acknowledgement_changes_nothing() throws Exception {
    session.send(message(1, 5), "first");
    assertThat(written(session)).hasSize(1);
    session.onFrame(FrameType.ACK, number(1), 0);
    for (int i = 0; i < 1000; i++) {
      session.onFrame(FrameType.ACK, number(i % 2), 0);
    }
    assertThat(heard.events).containsExactly("acknowledged first");
    assertThat(session.hasOutput()).isFalse();
  }

  @Test
  void a_lie_about_what_comes_next() {
    refused(FrameType.NEXT, number(2), "frame 2 announced where 1 is next");
    refused(FrameType.NEXT, number(0), "frame 0 announced where 1 is next");
  }

  @Test
  void a_frame_before_its_number() {
    SessionPath<String> further = session.session.attach();
    assertThatThrownBy(() -> further.onFrame(FrameType.MESSAGE, start(1, 1, 1), 0))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a numbered frame before its number");
  }

  @Test
  void a_frame_that_is_repeated_as_another() throws Exception {
    session.onFrame(FrameType.MESSAGE, start(1, 100, 40), 60);
    SessionPath<String> further = session.session.attach();
    further.onFrame(FrameType.NEXT, number(1), 0);
    assertThatThrownBy(() -> further.onFrame(FrameType.OPEN, numbers(1, 5), 0))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a frame was repeated as another");
  }

  @Test
  void more_streams_than_are_allowed() throws Exception {
    for (int i = 0; i < 4; i++) {
      session.onFrame(FrameType.OPEN, numbers(1 + 2 * i, 5), 0);
    }
    refused(FrameType.OPEN, numbers(9, 5), "more than 2 streams were opened");
  }

  @Test
  void streams_of_services_count_among_the_others() throws Exception {
    session.onFrame(FrameType.SERVICE, numbers(1, 5, 300), 0);
    assertThat(heard.events).containsExactly("stream 1 for service 300");
    assertThat(session.session.openStream(9)).isZero();
    assertThat(session.session.openService(7, 300)).isEqualTo(2);
    assertThat(session.session.openService(7, 300)).as("two are allowed").isEqualTo(-1);
    assertThat(written(session)).contains("open 0 at 9", "service 2 at 7: 300");
    refused(FrameType.SERVICE, numbers(1, 5, 300), "stream 1 was opened where 3 is next");
  }

  @Test
  void a_stream_that_is_not_the_next() {
    refused(FrameType.OPEN, numbers(3, 5), "stream 3 was opened where 1 is next");
  }

  @Test
  void bytes_on_streams_that_are_over_or_never_began() throws Exception {
    refused(FrameType.DATA, numbers(1, 7), "a frame for stream 1, which never began");
    OnePath<String> another = new OnePath<>(LIMITS, LIMITS, heard);
    another.onFrame(FrameType.OPEN, numbers(1, 5), 0);
    another.onFrame(FrameType.FIN, numbers(1), 0);
    assertThatThrownBy(() -> another.onFrame(FrameType.DATA, numbers(1, 7), 0))
        .hasMessage("bytes on stream 1 after its end");
  }

  @Test
  void more_bytes_than_the_window() throws Exception {
    session.onFrame(FrameType.OPEN, numbers(1, 5), 0);
    ByteBuffer body = ByteBuffer.allocate(1002).put((byte) 1).rewind();
    refused(FrameType.DATA, body, "1001 bytes were sent on stream 1 where 1000 were granted");
  }

  @Test
  void what_a_reset_stream_held_is_room_again() throws Exception {
    for (int i = 0; i < 6; i++) {
      long id = 1 + 2L * i;
      session.onFrame(FrameType.OPEN, numbers(id, 5), 0);
      session.onFrame(FrameType.DATA, ByteBuffer.allocate(901).put((byte) id).rewind(), 0);
      session.onFrame(FrameType.RESET, numbers(id, 3), 0);
      session.session.finish(id);
      session.onBatchRead(Instant.EPOCH);
      assertThat(written(session)).contains("streams window " + (2000 + 900 * (i + 1)));
      session.onFrame(FrameType.ACK, number(i + 1), 0);
    }
    assertThat(heard.events).contains("stream 11 reset 3", "stream 11 forgotten");
  }

  /** Else a peer could make us hold as many streams as it likes, by dropping each. */
  @Test
  void a_stream_that_the_peer_drops_stays_until_our_user_has_taken_it() throws Exception {
    session.onFrame(FrameType.OPEN, numbers(1, 5), 0);
    session.onFrame(FrameType.DATA, ByteBuffer.allocate(11).put((byte) 1).rewind(), 0);
    session.onFrame(FrameType.STOP, numbers(1, 9), 0);
    session.onFrame(FrameType.FIN, numbers(1), 0);
    session.onBatchRead(Instant.EPOCH);
    assertThat(heard.events)
        .containsExactly(
            "stream 1 of priority 5",
            "stream 1: 10",
            "stream 1 stopped 9, 0 dropped",
            "stream 1 ended");
    assertThat(written(session)).containsExactly("ack 4");
    session.session.accept(1);
    session.session.onStreamTaken(1, 9, Duration.ZERO, Instant.EPOCH);
    assertThat(session.hasOutput()).isFalse();
    session.session.onStreamTaken(1, 1, Duration.ZERO, Instant.EPOCH);
    assertThat(written(session)).containsExactly("reset 1 9");
    session.onFrame(FrameType.ACK, number(1), 0);
    assertThat(heard.events).endsWith("stream 1 forgotten");
  }

  @Test
  void the_peer_hears_at_once_of_the_end_of_a_stream_of_ours_that_it_drops() throws Exception {
    session.session.openStream(5);
    session.session.write(0, ByteBuffer.allocate(2000));
    assertThat(written(session)).containsExactly("open 0 at 5", "data 0: 1000");
    session.onFrame(FrameType.STOP, numbers(0, 9), 0);
    assertThat(heard.events).containsExactly("stream 0 stopped 9, 1000 dropped");
    assertThat(written(session)).containsExactly("reset 0 9");
  }
}
