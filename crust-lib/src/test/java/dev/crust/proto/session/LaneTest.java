package dev.crust.proto.session;

import static dev.crust.proto.session.Bodies.message;
import static dev.crust.proto.session.Bodies.number;
import static dev.crust.proto.session.Bodies.written;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.frame.FrameReader;
import dev.crust.proto.frame.FrameType;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who sends next: by priority first, in turns within one. */
final class LaneTest {
  /** Room for one full frame of a stream, and for no header after it. */
  private static final int ONE_FRAME = FrameReader.MAX_PART + 10;

  private static final Limits WIDE = Limits.forMessages(1 << 20);
  private static final int LONG = 100_000;

  private final OnePath<String> session = new OnePath<>(WIDE, WIDE, new Heard());

  /** A stream with so much to say. */
  private long stream(int priority, int bytes) throws Exception {
    return stream(session, priority, bytes);
  }

  private static long stream(OnePath<String> on, int priority, int bytes) throws Exception {
    long id = on.session.openStream(priority);
    assertThat(written(on)).containsExactly("open %d at %d".formatted(id, priority));
    on.session.write(id, ByteBuffer.allocate(bytes));
    return id;
  }

  private List<String> frames(int count) throws Exception {
    List<String> frames = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      frames.addAll(written(session, ONE_FRAME));
    }
    return frames;
  }

  /** Of each frame its kind and number, without its length. */
  private List<String> turns(int count) throws Exception {
    return frames(count).stream().map(frame -> frame.substring(0, frame.indexOf(':'))).toList();
  }

  @Test
  void streams_of_one_priority_take_turns() throws Exception {
    long[] ids = new long[3];
    for (int i = 0; i < 3; i++) {
      ids[i] = session.session.openStream(5);
    }
    assertThat(written(session)).hasSize(3);
    for (long id : ids) {
      session.session.write(id, ByteBuffer.allocate(LONG));
    }
    assertThat(turns(7))
        .containsExactly("data 0", "data 2", "data 4", "data 0", "data 2", "data 4", "data 0");
  }

  @Test
  void the_more_urgent_stream_goes_first_whoever_came_first() throws Exception {
    long late = session.session.openStream(200);
    long soon = session.session.openStream(3);
    assertThat(written(session)).hasSize(2);
    session.session.write(late, ByteBuffer.allocate(LONG));
    assertThat(turns(1)).containsExactly("data 0");
    session.session.write(soon, ByteBuffer.allocate(20_000));
    assertThat(turns(1)).containsExactly("data 2");
    assertThat(frames(1)).containsExactly("data 2: 3616", "data 0: 12769");
    assertThat(turns(1)).containsExactly("data 0");
  }

  @Test
  void streams_and_messages_of_one_priority_take_turns() throws Exception {
    stream(5, LONG);
    session.send(message(5, LONG), "first");
    session.send(message(5, 10), "second");
    assertThat(turns(6))
        .containsExactly("message 5 of 100000", "data 0", "more 5", "data 0", "more 5", "data 0");
  }

  @Test
  void an_urgent_message_waits_for_one_frame_of_bulk_at_most() throws Exception {
    stream(5, LONG);
    assertThat(turns(2)).containsExactly("data 0", "data 0");
    session.send(message(0, 10), "urgent");
    assertThat(frames(1)).startsWith("message 0 of 10: 10");
  }

  /** Said by the numbers: of many turns, each gets its share to the frame. */
  @Test
  void a_hundred_streams_get_the_same() throws Exception {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ids.add(session.session.openStream(5));
    }
    assertThat(written(session)).hasSize(100);
    for (int i = 0; i < 100; i++) {
      // Those who have written more do not get more.
      session.session.write(ids.get(i), ByteBuffer.allocate(LONG + 1_000 * i));
    }
    Map<String, Integer> shares = new HashMap<>();
    turns(400).forEach(turn -> shares.merge(turn, 1, Integer::sum));
    assertThat(shares).hasSize(100).allSatisfy((id, share) -> assertThat(share).isEqualTo(4));
  }

  @Test
  void a_stream_without_a_window_leaves_its_turn_to_the_others() throws Exception {
    Limits theirs = new Limits(1000, 2128, 20_000, 1 << 20, 10);
    OnePath<String> narrow = new OnePath<>(WIDE, theirs, new Heard());
    stream(narrow, 5, LONG);
    assertThat(written(narrow, ONE_FRAME)).containsExactly("data 0: 16384");
    assertThat(written(narrow, ONE_FRAME)).containsExactly("data 0: 3616");
    assertThat(narrow.hasOutput()).isFalse();
    stream(narrow, 5, 10_000);
    assertThat(written(narrow)).containsExactly("data 2: 10000");
    ByteBuffer window = ByteBuffer.allocate(10);
    Varint.write(window, 0);
    Varint.write(window, 20_001);
    narrow.path.onFrame(FrameType.NEXT, number(1), 0);
    narrow.onFrame(FrameType.STREAM_WINDOW, window.flip(), 0);
    assertThat(written(narrow)).containsExactly("data 0: 1");
  }

  /** The window of all streams opens for the one whose turn it was. */
  @Test
  void the_turn_is_kept_while_all_wait() throws Exception {
    Limits theirs = new Limits(1000, 2128, 1 << 20, 100, 10);
    OnePath<String> narrow = new OnePath<>(WIDE, theirs, new Heard());
    stream(narrow, 5, 150);
    assertThat(written(narrow)).containsExactly("data 0: 100");
    stream(narrow, 5, 150);
    assertThat(written(narrow)).isEmpty();
    narrow.onFrame(FrameType.STREAMS_WINDOW, number(110), 0);
    assertThat(written(narrow)).containsExactly("data 0: 10");
    narrow.onFrame(FrameType.STREAMS_WINDOW, number(120), 0);
    assertThat(written(narrow)).containsExactly("data 2: 10");
    narrow.onFrame(FrameType.STREAMS_WINDOW, number(130), 0);
    assertThat(written(narrow)).containsExactly("data 0: 10");
  }

  /** Streams without room do not keep messages of their priority, or of a later one, waiting. */
  @Test
  void streams_that_wait_for_room_let_messages_pass() throws Exception {
    Limits theirs = new Limits(1000, 2128, 1 << 20, 100, 10);
    OnePath<String> narrow = new OnePath<>(WIDE, theirs, new Heard());
    stream(narrow, 5, 150);
    assertThat(written(narrow)).containsExactly("data 0: 100");
    narrow.send(message(5, 10), "the same");
    narrow.send(message(9, 10), "later");
    assertThat(written(narrow)).containsExactly("message 5 of 10: 10", "message 9 of 10: 10");
  }

  @Test
  void an_end_needs_no_room() throws Exception {
    Limits theirs = new Limits(1000, 2128, 1 << 20, 100, 10);
    OnePath<String> narrow = new OnePath<>(WIDE, theirs, new Heard());
    long id = stream(narrow, 5, 100);
    assertThat(written(narrow)).containsExactly("data 0: 100");
    narrow.session.finish(id);
    assertThat(written(narrow)).containsExactly("fin 0");
  }
}
