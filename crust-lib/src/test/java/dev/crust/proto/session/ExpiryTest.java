package dev.crust.proto.session;

import static dev.crust.proto.session.Bodies.message;
import static dev.crust.proto.session.Bodies.number;
import static dev.crust.proto.session.Bodies.written;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.frame.FrameType;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Messages that become too old while they wait. */
final class ExpiryTest {
  private static final Instant T0 = Instant.EPOCH;

  /** A message of full size is charged 1064 bytes, the window is 2128. */
  private static final Limits NARROW = Limits.forMessages(1000);

  private final Heard heard = new Heard();
  private final OnePath<String> path = new OnePath<>(NARROW, NARROW, heard);
  private final Session<String> session = path.session;

  private void send(int priority, int size, String receipt, long ageMillis) {
    session.send(message(priority, size), receipt, T0.plusMillis(ageMillis));
  }

  @Test
  void without_a_path() throws Exception {
    session.useNone();
    send(2, 10, "old", 60_000);
    assertThat(session.deadline()).isEqualTo(T0.plusMillis(60_000));
    assertThat(session.onTimeout(T0.plusMillis(59_999))).isEmpty();
    assertThat(session.onTimeout(T0.plusMillis(60_000))).containsExactly("old");
    assertThat(session.deadline()).isNull();
    assertThat(session.settled()).as("nothing is left").isTrue();
    session.use(path.path);
    assertThat(written(path))
        .containsExactly("next 1", "ack 0", "window 2128", "streams window 25165824");
  }

  @Test
  void the_order_is_that_of_the_limits_whatever_was_sent_first() {
    session.useNone();
    send(9, 1, "third", 300);
    send(2, 1, "first", 100);
    send(200, 1, "second", 200);
    session.send(message(5, 1), "never", null);
    assertThat(session.deadline()).isEqualTo(T0.plusMillis(100));
    assertThat(session.onTimeout(T0.plusMillis(100))).containsExactly("first");
    assertThat(session.deadline()).isEqualTo(T0.plusMillis(200));
    assertThat(session.onTimeout(T0.plusMillis(1_000))).containsExactly("second", "third");
    assertThat(session.deadline()).isNull();
    assertThat(session.abandon()).containsExactly("never");
  }

  @Test
  void what_was_sent_does_not_expire() throws Exception {
    send(2, 10, "sent", 100);
    assertThat(written(path)).containsExactly("message 2 of 10: 10");
    assertThat(session.deadline()).isNull();
    assertThat(session.onTimeout(T0.plusMillis(1_000))).isEmpty();
    path.onFrame(FrameType.ACK, number(1), 0);
    assertThat(heard.events).containsExactly("acknowledged sent");
  }

  /** Its beginning is on the way, and what has started can always be finished. */
  @Test
  void what_was_begun_does_not_expire() throws Exception {
    send(2, 1000, "begun", 100);
    assertThat(written(path, 500)).hasSize(1);
    assertThat(session.onTimeout(T0.plusMillis(1_000))).isEmpty();
    assertThat(written(path)).containsExactly("more 2: 507");
  }

  @Test
  void an_empty_message_that_was_sent_does_not_expire() throws Exception {
    send(2, 0, "empty", 100);
    assertThat(written(path)).containsExactly("message 2 of 0: 0");
    assertThat(session.onTimeout(T0.plusMillis(1_000))).isEmpty();
  }

  /** What it kept waiting goes on; what was not sent takes nothing from the window. */
  @Test
  void a_message_that_waits_for_room_makes_way() throws Exception {
    send(2, 1000, "one", 100);
    send(2, 936, "two", 100);
    assertThat(written(path)).hasSize(2);
    send(2, 1000, "waits", 100);
    send(2, 0, "behind it", 200);
    session.send(message(3, 0), "less urgent", null);
    assertThat(written(path)).isEmpty();
    assertThat(session.onTimeout(T0.plusMillis(100))).containsExactly("waits");
    assertThat(written(path)).containsExactly("message 2 of 0: 0");
    path.onFrame(FrameType.WINDOW, number(2128 + 64), 0);
    assertThat(written(path)).containsExactly("message 3 of 0: 0");
  }

  @Test
  void the_last_of_its_priority() throws Exception {
    session.useNone();
    send(2, 1, "old", 100);
    assertThat(session.onTimeout(T0.plusMillis(100))).containsExactly("old");
    send(2, 1, "new", 200);
    session.use(path.path);
    assertThat(written(path)).endsWith("message 2 of 1: 1");
  }
}
