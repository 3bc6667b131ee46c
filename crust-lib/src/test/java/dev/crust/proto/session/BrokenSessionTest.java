package dev.crust.proto.session;

import static dev.crust.proto.session.Bodies.eight;
import static dev.crust.proto.session.Bodies.message;
import static dev.crust.proto.session.Bodies.more;
import static dev.crust.proto.session.Bodies.number;
import static dev.crust.proto.session.Bodies.start;
import static dev.crust.proto.session.Bodies.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.FrameType;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What breaks the protocol, and how it is told. */
class BrokenSessionTest {
  private final OnePath<String> session =
      new OnePath<>(Limits.forMessages(1000), Limits.forMessages(1000), new Heard());

  @Test
  void more_acknowledged_than_sent() throws Exception {
    session.send(message(5, 1), "");
    assertThat(written(session)).hasSize(1);
    assertRefused(FrameType.ACK, number(2), "2 frames acknowledged of 1 sent");
  }

  @Test
  void more_sent_than_granted() throws Exception {
    session.onFrame(FrameType.MESSAGE, start(1, 1000, 1000), 0);
    session.onFrame(FrameType.MESSAGE, start(1, 1000, 1000), 0);
    assertRefused(
        FrameType.MESSAGE, start(1, 0, 0), "2192 charged bytes were sent where 2128 were granted");
  }

  @Test
  void messages_that_are_begun_and_left_are_charged_in_full() throws Exception {
    session.onFrame(FrameType.MESSAGE, start(1, 1000, 0), 0);
    session.onFrame(FrameType.MESSAGE, start(2, 1000, 0), 0);
    assertRefused(
        FrameType.MESSAGE,
        start(3, 1000, 0),
        "3192 charged bytes were sent where 2128 were granted");
  }

  @Test
  void a_message_that_is_too_large() {
    assertRefused(
        FrameType.MESSAGE, start(1, 1001, 0), "a message of 1001 bytes (1000 are allowed)");
    assertRefused(
        FrameType.MESSAGE,
        start(1, Long.MAX_VALUE, 0),
        "a message of 9223372036854775807 bytes (1000 are allowed)");
  }

  @Test
  void a_second_message_at_one_priority() throws Exception {
    session.onFrame(FrameType.MESSAGE, start(4, 10, 9), 0);
    assertRefused(
        FrameType.MESSAGE,
        start(4, 10, 10),
        "a message began before the one before it at priority 4 had ended");
  }

  @Test
  void part_of_no_message() throws Exception {
    assertRefused(FrameType.MESSAGE_MORE, more(4, 1), "part of a message that never began");
    session.onFrame(FrameType.MESSAGE, start(4, 10, 10), 0);
    assertRefused(FrameType.MESSAGE_MORE, more(4, 1), "part of a message that never began");
  }

  @Test
  void more_than_the_message_said() throws Exception {
    assertRefused(FrameType.MESSAGE, start(4, 0, 1), "a message is longer than it said");
    session.onFrame(FrameType.MESSAGE, start(5, 10, 9), 0);
    assertRefused(FrameType.MESSAGE_MORE, more(5, 2), "a message is longer than it said");
  }

  @Test
  void more_than_the_message_said_is_noticed_before_it_comes() {
    assertThatThrownBy(() -> session.onFrame(FrameType.MESSAGE, start(4, 10, 5), 6))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a message is longer than it said");
  }

  /** It would cost us an acknowledgement and them nothing. */
  @Test
  void an_empty_part() throws Exception {
    session.onFrame(FrameType.MESSAGE, start(4, 10, 0), 0);
    assertRefused(FrameType.MESSAGE_MORE, more(4, 0), "an empty part of a message");
  }

  @Test
  void a_flood_of_pings() throws Exception {
    for (int i = 0; i < SessionPath.MAX_PINGS; i++) {
      session.onFrame(FrameType.PING, eight(i), 0);
    }
    assertRefused(FrameType.PING, eight(0), "more than 64 pings wait for a pong");
    assertThat(written(session)).hasSize(SessionPath.MAX_PINGS);
    session.onFrame(FrameType.PING, eight(0), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "0x01, a second greeting on one path",
    "0x02, a second greeting on one path",
    "0x03, a Close that is not well-formed",
    "0x04, a ping of 1 bytes (8 to 4096 are allowed)",
    "0x05, a ping of 1 bytes (8 to 4096 are allowed)",
    "0x10, a number is cut short",
    "0x11, part of a message that never began",
    "0x12, a number is cut short",
    "0x13, a number is cut short"
  })
  void one_byte_of_ones(int type, String detail) {
    assertRefused(type, ByteBuffer.wrap(new byte[] {(byte) 0xff}), detail);
  }

  @ParameterizedTest
  @CsvSource({
    "0x10, a message without a priority",
    "0x11, a message without a priority",
    "0x12, a number is cut short",
    "0x13, a number is cut short"
  })
  void nothing_at_all(int type, String detail) {
    assertRefused(type, ByteBuffer.allocate(0), detail);
  }

  private void assertRefused(int type, ByteBuffer body, String detail) {
    assertThatThrownBy(() -> session.onFrame(type, body, 0))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(detail);
  }
}
