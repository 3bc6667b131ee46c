package dev.crust.proto.datagram;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Any datagram is told apart without an exception, and without being touched. */
final class SplitFuzzTest {
  @FuzzTest(maxDuration = "30s")
  void any_datagram(byte[] bytes) {
    split(bytes, bytes.length % 3);
    split(Arrays.copyOf(bytes, DatagramKind.MIN_OPENING + bytes.length), 0);
  }

  private static void split(byte[] bytes, int before) {
    ByteBuffer datagram = ByteBuffer.allocate(before + bytes.length).position(before).put(bytes);
    datagram.position(before);
    DatagramKind kind = DatagramKind.of(datagram);
    ConnectionId id = ConnectionId.destinationOf(datagram);
    if (id != null) {
      assertThat(ConnectionId.at(ByteBuffer.wrap(id.bytes()), 0)).isEqualTo(id);
    }
    if (DatagramKind.mayOpen(datagram)) {
      assertThat(kind).isNotEqualTo(DatagramKind.STUN);
      assertThat(bytes.length).isGreaterThanOrEqualTo(DatagramKind.MIN_OPENING);
      assertThat(DatagramKind.openingId(datagram).remaining()).isBetween(8, 20);
    }
    assertThat(datagram.position()).isEqualTo(before);
    assertThat(datagram.remaining()).isEqualTo(bytes.length);
  }
}
