package dev.crust.proto.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VarintTest {
  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "1, 01",
    "127, 7f",
    "128, 8001",
    "300, ac02",
    "16383, ff7f",
    "16384, 808001",
    "2097152, 80808001",
    "2147483647, ffffffff07",
    "9223372036854775807, ffffffffffffffff7f"
  })
  void encoding(long value, String hex) throws Exception {
    assertThat(written(value)).isEqualTo(HexFormat.of().parseHex(hex));
    assertThat(Varint.length(value)).isEqualTo(hex.length() / 2);
    assertThat(read(hex)).isEqualTo(value);
  }

  @Test
  void what_is_written_is_read() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      long value = random.nextLong() >>> (1 + random.nextInt(63));
      byte[] bytes = written(value);
      assertThat(bytes).as("%d", value).hasSize(Varint.length(value));
      assertThat(Varint.read(ByteBuffer.wrap(bytes))).isEqualTo(value);
    }
  }

  @Test
  void reading_stops_at_the_end_of_the_number() throws Exception {
    ByteBuffer two = ByteBuffer.wrap(HexFormat.of().parseHex("ac0205"));
    assertThat(Varint.read(two)).isEqualTo(300);
    assertThat(Varint.read(two)).isEqualTo(5);
    assertThat(two.hasRemaining()).isFalse();
  }

  @Test
  void a_longer_encoding_than_needed_is_read_too() throws Exception {
    assertThat(read("818000")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "80", "ffff", "ffffffffffffffff"})
  void cut_short(String hex) {
    assertThatThrownBy(() -> read(hex))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a number is cut short");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ffffffffffffffffff01", "80808080808080808000", "ffffffffffffffffffff"})
  void too_long(String hex) {
    assertThatThrownBy(() -> read(hex))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage("a number is too long");
  }

  private static byte[] written(long value) {
    ByteBuffer out = ByteBuffer.allocate(Varint.MAX_LENGTH);
    Varint.write(out, value);
    byte[] bytes = new byte[out.flip().remaining()];
    out.get(bytes);
    return bytes;
  }

  private static long read(String hex) throws MalformedMessageException {
    return Varint.read(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
  }
}
