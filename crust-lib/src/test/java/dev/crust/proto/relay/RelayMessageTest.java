package dev.crust.proto.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.proto.MalformedMessageException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RelayMessageTest {
  private static final List<RelayMessage> MESSAGES =
      List.of(
          new RelayMessage.Reserve(),
          RelayMessage.Reserved.of(RelayLimits.DEFAULT),
          new RelayMessage.Open(RelayTest.peer(1)),
          new RelayMessage.Opened(Optional.empty()),
          new RelayMessage.Opened(Optional.of(InetAddress.getLoopbackAddress())),
          new RelayMessage.Incoming(RelayTest.peer(2), Optional.empty()),
          new RelayMessage.Incoming(
              RelayTest.peer(2), Optional.of(InetAddress.getLoopbackAddress())));

  @Test
  void whole_with_what_follows_left() throws Exception {
    for (RelayMessage each : MESSAGES) {
      ByteBuffer encoded = each.encode();
      ByteBuffer in = ByteBuffer.allocate(encoded.remaining() + 3).put(encoded).position(0);
      assertThat(new FirstWords().read(in)).contains(each);
      assertThat(in.remaining()).isEqualTo(3);
    }
  }

  @Test
  void byte_by_byte() throws Exception {
    for (RelayMessage each : MESSAGES) {
      FirstWords words = new FirstWords();
      ByteBuffer in = each.encode();
      Optional<RelayMessage> read = Optional.empty();
      while (in.hasRemaining()) {
        assertThat(read).isEmpty();
        read = words.read(ByteBuffer.wrap(new byte[] {in.get()}));
      }
      assertThat(read).contains(each);
    }
  }

  @Test
  void refuses_what_is_too_long_or_of_a_later_version() {
    for (byte[] wrong :
        List.of(
            new byte[] {(byte) 0x81, 2},
            new byte[] {(byte) 0x80, (byte) 0x80, 0},
            new byte[] {0},
            new byte[] {2, 0x1a, 0x7f},
            new byte[] {5, 0x22, 3, 0x0a, 1, 7})) {
      assertThatThrownBy(() -> new FirstWords().read(ByteBuffer.wrap(wrong)))
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  @Test
  void reasons_have_numbers_of_their_own() {
    assertThat(Stream.of(RelayRefusal.values()).map(RelayRefusal::code).collect(Collectors.toSet()))
        .hasSize(RelayRefusal.values().length);
    for (RelayRefusal each : RelayRefusal.values()) {
      assertThat(RelayRefusal.of(each.code())).isEqualTo(each);
    }
    assertThat(RelayRefusal.of(1L << 40)).isEqualTo(RelayRefusal.UNKNOWN);
  }

  /** Nothing that a remote can send throws anything but the checked exception. */
  @FuzzTest(maxDuration = "30s")
  void decode(byte[] bytes) {
    try {
      RelayMessage.decode(bytes).ifPresent(RelayMessageTest::comesBackTheSame);
      new FirstWords().read(ByteBuffer.wrap(bytes)).ifPresent(RelayMessageTest::comesBackTheSame);
    } catch (MalformedMessageException expected) {
      return;
    }
  }

  private static void comesBackTheSame(RelayMessage message) {
    try {
      RelayMessage again = new FirstWords().read(message.encode()).orElseThrow();
      if (!Arrays.equals(again.encode().array(), message.encode().array())) {
        throw new IllegalStateException("changed by a round trip: " + message);
      }
    } catch (MalformedMessageException e) {
      throw new IllegalStateException(e);
    }
  }
}
