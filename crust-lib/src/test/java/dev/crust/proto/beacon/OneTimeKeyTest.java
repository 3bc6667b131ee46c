package dev.crust.proto.beacon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.proto.MalformedMessageException;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OneTimeKeyTest {
  /** RFC 7748 §6.1. */
  @Test
  void agrees_as_the_rfc_says() throws MalformedMessageException {
    Bytes alicePublic = bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    Bytes bobPublic = bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    OneTimeKey bob =
        OneTimeKey.of(
            bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb").toArray(),
            bobPublic);
    assertThat(HexFormat.of().formatHex(bob.agree(alicePublic)))
        .isEqualTo("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  }

  @Test
  void both_sides_get_the_same_secret() throws MalformedMessageException {
    SecureRandom random = new SecureRandom();
    for (int i = 0; i < 32; i++) { // often enough for keys with leading zeros
      OneTimeKey one = OneTimeKey.generate(random);
      OneTimeKey other = OneTimeKey.generate(random);
      assertThat(one.agree(other.publicKey())).isEqualTo(other.agree(one.publicKey()));
    }
  }

  /** Points of small order, also with the bit that is to be ignored, and one above the prime. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
      })
  void small_orders_are_malformed(String hex) {
    OneTimeKey ours = OneTimeKey.generate(new SecureRandom());
    assertThatThrownBy(() -> ours.agree(bytes(hex))).isInstanceOf(MalformedMessageException.class);
  }

  private static Bytes bytes(String hex) {
    return Bytes.copyOf(HexFormat.of().parseHex(hex));
  }
}
