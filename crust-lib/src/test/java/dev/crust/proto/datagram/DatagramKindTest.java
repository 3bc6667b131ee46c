package dev.crust.proto.datagram;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DatagramKindTest {
  private static ByteBuffer datagram(int size, int... first) {
    ByteBuffer buffer = ByteBuffer.allocate(size);
    for (int i = 0; i < first.length; i++) {
      buffer.put(i, (byte) first[i]);
    }
    return buffer;
  }

  @Test
  void stun_by_its_cookie() {
    assertThat(DatagramKind.of(datagram(20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42)))
        .isEqualTo(DatagramKind.STUN);
    assertThat(DatagramKind.of(datagram(20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x43)))
        .isEqualTo(DatagramKind.OTHER);
    assertThat(DatagramKind.of(datagram(19, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42)))
        .isEqualTo(DatagramKind.OTHER);
  }

  @Test
  void quic_by_its_fixed_bit() {
    assertThat(DatagramKind.of(datagram(1, 0x40))).isEqualTo(DatagramKind.QUIC);
    assertThat(DatagramKind.of(datagram(1, 0xc0))).isEqualTo(DatagramKind.QUIC);
    assertThat(DatagramKind.of(datagram(1, 0x80))).isEqualTo(DatagramKind.OTHER);
    assertThat(DatagramKind.of(datagram(0))).isEqualTo(DatagramKind.OTHER);
  }

  /** A datagram with these lengths of the ids that it is for and from. */
  private static ByteBuffer opening(int size, int first, int version, int to, int from) {
    return datagram(size, first, 0, 0, 0, version, to).put(6 + to, (byte) from);
  }

  @Test
  void only_large_initials_open() {
    assertThat(DatagramKind.mayOpen(opening(1200, 0xc0, 1, 8, 20))).isTrue();
    assertThat(DatagramKind.mayOpen(opening(1199, 0xc0, 1, 8, 20))).isFalse();
    assertThat(DatagramKind.mayOpen(opening(1200, 0xe0, 1, 8, 20))).isFalse();
    assertThat(DatagramKind.mayOpen(opening(1200, 0x40, 1, 8, 20))).isFalse();
    assertThat(DatagramKind.mayOpen(opening(1200, 0xc0, 0, 8, 20))).isFalse();
    assertThat(DatagramKind.mayOpen(opening(1200, 0xc0, 1, 7, 20))).isFalse();
    assertThat(DatagramKind.mayOpen(opening(1200, 0xc0, 1, 21, 20))).isFalse();
    assertThat(DatagramKind.mayOpen(opening(1200, 0xc0, 1, 8, 19))).isFalse();
    assertThat(DatagramKind.mayOpen(opening(1200, 0xc0, 1, 8, 0))).isFalse();
  }

  @Test
  void an_initial_names_its_client() {
    ConnectionId client = ConnectionId.random(new Random(5));
    ByteBuffer opening = opening(1200, 0xc0, 1, 8, 20);
    opening.put(15, client.bytes());
    assertThat(DatagramKind.clientOf(opening)).isEqualTo(client);
  }

  @Test
  void ids_are_found_in_both_headers() {
    ConnectionId id = ConnectionId.random(new Random(4));
    ByteBuffer small = datagram(40, 0x40);
    small.put(1, id.bytes());
    assertThat(ConnectionId.destinationOf(small)).isEqualTo(id);
    ByteBuffer large = datagram(40, 0xc0, 0, 0, 0, 1, 20);
    large.put(6, id.bytes());
    assertThat(ConnectionId.destinationOf(large)).isEqualTo(id);
    large.put(5, (byte) 8);
    assertThat(ConnectionId.destinationOf(large)).isNull();
    assertThat(ConnectionId.destinationOf(datagram(20, 0x40))).isNull();
  }
}
