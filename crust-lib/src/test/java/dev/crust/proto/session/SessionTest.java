package dev.crust.proto.session;

import static dev.crust.proto.session.Bodies.eight;
import static dev.crust.proto.session.Bodies.message;
import static dev.crust.proto.session.Bodies.more;
import static dev.crust.proto.session.Bodies.number;
import static dev.crust.proto.session.Bodies.start;
import static dev.crust.proto.session.Bodies.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.wire.Close;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static final Instant T0 = Instant.EPOCH;

  /** Room for one full frame, and for no header after it. */
  private static final int ONE_FRAME = FrameReader.MAX_PART + 10;

  private static final Limits WIDE = Limits.forMessages(1 << 20);

  /** A message of full size is charged 1064 bytes, the window is 2128, a quarter of it 532. */
  private static final Limits NARROW = Limits.forMessages(1000);

  private final Heard heard = new Heard();

  @Test
  void a_message_there_and_its_acknowledgement_back() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.send(message(7, 20_000), "first");
    session.send(message(7, 0), "second");
    assertThat(written(session))
        .containsExactly("message 7 of 20000: 16384", "more 7: 3616", "message 7 of 0: 0");
    assertThat(session.hasOutput()).isFalse();
    session.onFrame(FrameType.ACK, number(1), 0);
    assertThat(heard.events).as("half the first is no message").isEmpty();
    session.onFrame(FrameType.ACK, number(2), 0);
    session.onFrame(FrameType.ACK, number(1), 0);
    session.onFrame(FrameType.ACK, number(3), 0);
    assertThat(heard.events).containsExactly("acknowledged first", "acknowledged second");
  }

  @Test
  void one_acknowledgement_for_several() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.send(message(9, 1), "second");
    session.send(message(3, 1), "first");
    assertThat(written(session)).containsExactly("message 3 of 1: 1", "message 9 of 1: 1");
    session.onFrame(FrameType.ACK, number(2), 0);
    assertThat(heard.events).containsExactly("acknowledged first second");
  }

  @Test
  void an_urgent_message_overtakes_between_two_frames() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.send(message(100, 40_000), "bulk");
    assertThat(written(session, ONE_FRAME)).containsExactly("message 100 of 40000: 16384");
    session.send(message(1, 10), "urgent");
    assertThat(written(session, ONE_FRAME))
        .containsExactly("message 1 of 10: 10", "more 100: 16375");
    assertThat(written(session, ONE_FRAME)).containsExactly("more 100: 7241");
    session.onFrame(FrameType.ACK, number(4), 0);
    assertThat(heard.events).containsExactly("acknowledged urgent bulk");
  }

  @Test
  void a_message_fills_what_room_there_is() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.send(message(1, 100), "");
    assertThat(written(session, 10)).isEmpty();
    assertThat(session.hasOutput()).isTrue();
    assertThat(written(session, 11)).containsExactly("message 1 of 100: 5");
    assertThat(written(session, 200)).containsExactly("more 1: 95");
  }

  @Test
  void a_message_starts_when_the_window_has_room_for_all_of_it() throws Exception {
    OnePath<String> session = new OnePath<>(NARROW, NARROW, heard);
    session.send(message(5, 1000), "");
    session.send(message(5, 500), "");
    session.send(message(5, 1000), "");
    assertThat(written(session))
        .containsExactly("message 5 of 1000: 1000", "message 5 of 500: 500");
    session.onFrame(FrameType.WINDOW, number(2691), 0);
    assertThat(session.hasOutput()).isFalse();
    session.onFrame(FrameType.WINDOW, number(2692), 0);
    assertThat(written(session)).containsExactly("message 5 of 1000: 1000");
  }

  @Test
  void a_large_message_that_waits_for_room_is_not_starved() throws Exception {
    OnePath<String> session = new OnePath<>(NARROW, NARROW, heard);
    session.send(message(5, 500), "");
    session.send(message(5, 500), "");
    session.send(message(5, 1000), "");
    session.send(message(9, 0), "");
    assertThat(written(session)).containsExactly("message 5 of 500: 500", "message 5 of 500: 500");
    session.send(message(1, 0), "");
    assertThat(written(session)).as("a more urgent one").containsExactly("message 1 of 0: 0");
    session.onFrame(FrameType.WINDOW, number(564 + 564 + 64 + 1064), 0);
    assertThat(written(session)).containsExactly("message 5 of 1000: 1000");
    session.onFrame(FrameType.WINDOW, number(564 + 564 + 64 + 1064 + 64), 0);
    assertThat(written(session)).containsExactly("message 9 of 0: 0");
  }

  @Test
  void a_message_that_has_started_goes_on_while_an_urgent_one_waits() throws Exception {
    OnePath<String> session = new OnePath<>(NARROW, NARROW, heard);
    session.send(message(9, 1000), "");
    assertThat(written(session, 500)).containsExactly("message 9 of 1000: 493");
    session.send(message(1, 1000), "");
    session.send(message(1, 1000), "");
    assertThat(written(session)).containsExactly("message 1 of 1000: 1000", "more 9: 507");
  }

  @Test
  void a_window_does_not_shrink() throws Exception {
    OnePath<String> session = new OnePath<>(NARROW, NARROW, heard);
    session.onFrame(FrameType.WINDOW, number(0), 0);
    session.send(message(5, 1000), "");
    assertThat(session.hasOutput()).isTrue();
  }

  @Test
  void acknowledged_at_once_when_nothing_more_is_sure_to_come() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.onBatchRead(T0);
    assertThat(session.hasOutput()).isFalse();
    session.onFrame(FrameType.MESSAGE, start(5, 100, 100), 0);
    session.onFrame(FrameType.MESSAGE, start(5, 20, 20), 0);
    assertThat(session.hasOutput()).as("before the batch is over").isFalse();
    session.onBatchRead(T0);
    assertThat(heard.events).containsExactly("message 5: 100", "message 5: 20");
    assertThat(written(session)).containsExactly("ack 2");
    session.onBatchRead(T0);
    assertThat(session.hasOutput()).isFalse();
  }

  @Test
  void acknowledged_after_five_milliseconds_in_the_middle_of_a_message() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.onFrame(FrameType.MESSAGE, start(5, 100, 40), 0);
    session.onBatchRead(T0);
    session.onFrame(FrameType.MESSAGE_MORE, more(5, 20), 0);
    session.onBatchRead(T0.plusMillis(3));
    assertThat(session.deadline()).isEqualTo(T0.plusMillis(5));
    session.onTimeout(T0.plusMillis(4));
    assertThat(session.hasOutput()).isFalse();
    session.onTimeout(T0.plusMillis(5));
    assertThat(session.deadline()).isNull();
    assertThat(written(session)).containsExactly("ack 2");
  }

  @Test
  void acknowledged_at_64_kibibytes_in_the_middle_of_a_message() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.onFrame(FrameType.MESSAGE, start(5, 100_000, 16384), 0);
    session.onFrame(FrameType.MESSAGE_MORE, more(5, 16384), 0);
    session.onFrame(FrameType.MESSAGE_MORE, more(5, 16384), 0);
    session.onFrame(FrameType.MESSAGE_MORE, more(5, 16383), 0);
    session.onBatchRead(T0);
    assertThat(session.hasOutput()).isFalse();
    session.onFrame(FrameType.MESSAGE_MORE, more(5, 1), 0);
    session.onBatchRead(T0);
    assertThat(written(session)).containsExactly("ack 5");
    assertThat(session.deadline()).as("not a second time").isNull();
  }

  @Test
  void a_frame_in_pieces_counts_when_it_is_complete() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.onFrame(FrameType.MESSAGE, start(5, 100, 40), 60);
    session.onBatchRead(T0);
    assertThat(session.deadline()).as("nothing is accepted yet").isNull();
    session.onRest(ByteBuffer.allocate(59), 1);
    assertThat(heard.events).isEmpty();
    session.onRest(ByteBuffer.allocate(1), 0);
    session.onBatchRead(T0);
    assertThat(heard.events).containsExactly("message 5: 100");
    assertThat(written(session)).containsExactly("ack 1");
  }

  @Test
  void messages_of_several_priorities_interleave() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.onFrame(FrameType.MESSAGE, start(255, 10, 4), 0);
    session.onFrame(FrameType.MESSAGE, start(0, 6, 3), 0);
    session.onFrame(FrameType.MESSAGE_MORE, more(0, 3), 0);
    session.onFrame(FrameType.MESSAGE_MORE, more(255, 6), 0);
    assertThat(heard.events).containsExactly("message 0: 6", "message 255: 10");
  }

  @Test
  void a_quarter_of_the_window_is_granted_again() throws Exception {
    OnePath<String> session = new OnePath<>(NARROW, WIDE, heard);
    session.onFrame(FrameType.MESSAGE, start(5, 1000, 1000), 0);
    session.onTaken(531);
    assertThat(session.hasOutput()).isFalse();
    session.onTaken(1);
    assertThat(written(session)).containsExactly("window 2660");
    session.onTaken(531);
    assertThat(session.hasOutput()).isFalse();
    session.onTaken(1);
    assertThat(written(session)).containsExactly("window 3192");
  }

  /** The peer waits for room for its largest message, however small what was taken. */
  @Test
  void a_window_of_one_message_is_granted_byte_by_byte() throws Exception {
    OnePath<String> session = new OnePath<>(new Limits(1000, 1064), WIDE, heard);
    session.onTaken(64);
    assertThat(written(session)).containsExactly("window 1128");
  }

  @Test
  void ping_and_pong() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.ping(7);
    session.onFrame(FrameType.PING, eight(-5), 0);
    assertThat(written(session)).containsExactly("pong -5", "ping 7");
    session.onFrame(FrameType.PONG, eight(7), 0);
    assertThat(heard.events).containsExactly("pong 7");
  }

  @Test
  void what_keeps_the_peer_going_is_written_first() throws Exception {
    OnePath<String> session = new OnePath<>(NARROW, WIDE, heard);
    session.send(message(0, 1), "");
    session.ping(1);
    session.onFrame(FrameType.PING, eight(2), 0);
    session.onTaken(1000);
    session.onFrame(FrameType.MESSAGE, start(5, 0, 0), 0);
    session.onBatchRead(T0);
    assertThat(written(session))
        .containsExactly("ack 1", "window 3128", "pong 2", "ping 1", "message 0 of 1: 1");
  }

  @Test
  void close() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    Close close = Close.newBuilder().setReason("closed").setDetail("bye").build();
    session.onFrame(FrameType.CLOSE, ByteBuffer.wrap(close.toByteArray()), 0);
    assertThat(heard.events).containsExactly("close closed bye");
  }

  @Test
  void frames_of_a_later_version_are_skipped() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    session.onFrame(0x7f, ByteBuffer.allocate(5), 0);
    session.onBatchRead(T0);
    assertThat(heard.events).isEmpty();
    assertThat(session.hasOutput()).isFalse();
  }

  @Test
  void abandoned_receipts_come_back_all() throws Exception {
    OnePath<String> session = new OnePath<>(WIDE, WIDE, heard);
    List.of("acknowledged", "sent").forEach(receipt -> session.send(message(5, 1), receipt));
    session.send(message(5, 20_000), "half sent");
    session.send(message(5, 1), "queued");
    session.send(message(9, 1), "behind");
    assertThat(written(session, ONE_FRAME)).hasSize(3);
    session.onFrame(FrameType.ACK, number(1), 0);
    assertThat(session.abandon()).containsExactly("sent", "half sent", "queued", "behind");
    assertThat(session.hasOutput()).isFalse();
    assertThat(session.abandon()).isEmpty();
  }

  @Test
  void a_window_has_room_for_the_largest_message() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Limits(1000, 1063));
    assertThatIllegalArgumentException().isThrownBy(() -> new Limits(-1, 64));
  }
}
