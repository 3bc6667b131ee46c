package dev.crust.proto.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.Collected.Frame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {
  private final Collected collected = new Collected();
  private final FrameReader reader = new FrameReader(collected);

  @Test
  void whole_frames_are_passed_on_whole() throws Exception {
    reader.read(stream(frame(FrameType.PING, 8), frame(FrameType.MESSAGE, 1000)));
    assertThat(collected.calls).containsExactly("04 +8 -0", "10 +1000 -0");
  }

  @Test
  void a_frame_without_a_body() throws Exception {
    reader.read(stream(frame(FrameType.ADMIT, 0), frame(FrameType.MESSAGE, 0)));
    assertThat(collected.calls).containsExactly("02 +0 -0", "10 +0 -0");
  }

  @Test
  void the_largest_frame() throws Exception {
    reader.read(stream(frame(0x7f, FrameReader.MAX_FRAME - 1)));
    assertThat(collected.calls).containsExactly("7f +16399 -0");
  }

  @Test
  void types_are_unsigned() throws Exception {
    reader.read(stream(frame(0xff, 1)));
    assertThat(collected.calls).containsExactly("ff +1 -0");
  }

  @Test
  void part_of_a_message_is_passed_on_as_it_comes() throws Exception {
    byte[] bytes = bytes(List.of(frame(FrameType.MESSAGE, 99)));
    reader.read(ByteBuffer.wrap(bytes, 0, 31));
    assertThat(collected.calls).containsExactly("10 +29 -70");
    reader.read(ByteBuffer.wrap(bytes, 31, 1));
    reader.read(ByteBuffer.wrap(bytes, 32, 69));
    assertThat(collected.calls).containsExactly("10 +29 -70", "+1 -69", "+69 -0");
  }

  @Test
  void its_beginning_holds_every_header() throws Exception {
    byte[] bytes = bytes(List.of(frame(FrameType.MESSAGE_MORE, 99)));
    for (int i = 0; i < 16; i++) {
      reader.read(ByteBuffer.wrap(bytes, i, 1));
    }
    assertThat(collected.calls).isEmpty();
    reader.read(ByteBuffer.wrap(bytes, 16, 1));
    assertThat(collected.calls).containsExactly("11 +15 -84");
    reader.read(ByteBuffer.wrap(bytes, 17, 84));
    assertThat(collected.calls).containsExactly("11 +15 -84", "+84 -0");
  }

  @Test
  void any_other_frame_is_put_together_first() throws Exception {
    byte[] bytes = bytes(List.of(frame(FrameType.HELLO, 99)));
    reader.read(ByteBuffer.wrap(bytes, 0, 50));
    reader.read(ByteBuffer.wrap(bytes, 50, 50));
    assertThat(collected.calls).isEmpty();
    reader.read(ByteBuffer.wrap(bytes, 100, 1));
    assertThat(collected.calls).containsExactly("01 +99 -0");
  }

  /** Around the lengths at which the reader changes its ways. */
  @Test
  void every_boundary_between_two_chunks() throws Exception {
    List<Frame> sent = new ArrayList<>();
    for (int size : new int[] {0, 1, 14, 15, 16, 17, 126, 127, 128, 300}) {
      sent.add(frame(FrameType.MESSAGE, size));
      sent.add(frame(FrameType.CLOSE, size));
      sent.add(frame(FrameType.MESSAGE_MORE, size));
    }
    byte[] bytes = bytes(sent);
    for (int cut = 0; cut <= bytes.length; cut++) {
      Collected both = new Collected();
      FrameReader halves = new FrameReader(both);
      halves.read(ByteBuffer.wrap(bytes, 0, cut));
      halves.read(ByteBuffer.wrap(bytes, cut, bytes.length - cut));
      assertThat(both.frames).as("cut at %d", cut).isEqualTo(sent);
    }
  }

  @Test
  void byte_by_byte() throws Exception {
    List<Frame> sent =
        List.of(
            frame(FrameType.HELLO, 120),
            frame(FrameType.MESSAGE, FrameReader.MAX_PART),
            frame(FrameType.PING, 8),
            frame(FrameType.MESSAGE_MORE, 5));
    byte[] bytes = bytes(sent);
    for (int i = 0; i < bytes.length; i++) {
      reader.read(ByteBuffer.wrap(bytes, i, 1));
    }
    assertThat(collected.frames).isEqualTo(sent);
  }

  @Test
  void what_arrives_in_random_chunks_is_what_was_sent() throws Exception {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      int[] types = {FrameType.MESSAGE, FrameType.MESSAGE_MORE, FrameType.CLOSE, 0x7f};
      List<Frame> sent = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int size = random.nextInt(1 << (1 + random.nextInt(11)));
        sent.add(frame(types[random.nextInt(types.length)], size));
      }
      byte[] bytes = bytes(sent);
      Collected together = new Collected();
      FrameReader chunks = new FrameReader(together);
      int longest = 1 << random.nextInt(12);
      for (int at = 0; at < bytes.length; ) {
        int length = Math.min(1 + random.nextInt(longest), bytes.length - at);
        ByteBuffer chunk = ByteBuffer.wrap(bytes, at, length);
        chunks.read(chunk);
        assertThat(chunk.hasRemaining()).as("seed %d: bytes left over", seed).isFalse();
        at += length;
      }
      assertThat(together.frames).as("seed %d", seed).isEqualTo(sent);
    }
  }

  @Test
  void a_length_may_take_more_bytes_than_it_needs() throws Exception {
    read("81800004");
    assertThat(collected.calls).containsExactly("04 +0 -0");
  }

  /** Nothing; 16,401 bytes; the most that three bytes can say. */
  @ParameterizedTest
  @ValueSource(strings = {"00", "8000", "91800104", "ffff7f04"})
  void a_length_that_is_not_allowed(String hex) {
    assertThatThrownBy(() -> read(hex))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageEndingWith("(1 to 16400 are allowed)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"808080", "ffffffff01"})
  void a_length_of_more_than_three_bytes(String hex) {
    assertThatThrownBy(() -> read(hex))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a frame's length takes too many bytes");
  }

  private void read(String hex) throws MalformedMessageException {
    reader.read(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
  }

  /** A frame with a body of this size, no two alike. */
  private static Frame frame(int type, int size) {
    byte[] body = new byte[size];
    new Random(31L * type + size).nextBytes(body);
    return Frame.of(type, body);
  }

  private static ByteBuffer stream(Frame... frames) {
    return ByteBuffer.wrap(bytes(Arrays.asList(frames)));
  }

  private static byte[] bytes(List<Frame> frames) {
    ByteBuffer out =
        ByteBuffer.allocate(frames.stream().mapToInt(frame -> frame.body().size() + 4).sum());
    for (Frame frame : frames) {
      Varint.write(out, 1 + frame.body().size());
      out.put((byte) frame.type());
      frame.body().forEach(out::put);
    }
    return Arrays.copyOf(out.array(), out.position());
  }
}
