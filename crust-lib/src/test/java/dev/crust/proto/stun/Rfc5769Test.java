package dev.crust.proto.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunAttribute.Fingerprint;
import dev.crust.proto.stun.StunAttribute.Nonce;
import dev.crust.proto.stun.StunAttribute.Realm;
import dev.crust.proto.stun.StunAttribute.Software;
import dev.crust.proto.stun.StunAttribute.Username;
import dev.crust.proto.stun.StunAttribute.XorMappedAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The test vectors of RFC 5769. */
class Rfc5769Test {
  private static final byte[] SHORT_TERM_KEY = Integrity.shortTermKey("VOkJxbRl1RmTxUk/WvJxBt");

  private static final byte[] REQUEST =
      hex(
          """
          000100582112a442b7e7a701bc34d686fa87dfae
          802200105354554e207465737420636c69656e74
          002400046e0001ff80290008932ff9b151263b36
          000600096576746a3a68367659202020
          000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
          80280004e57a3bcf
          """);

  private static final byte[] IPV4_RESPONSE =
      hex(
          """
          0101003c2112a442b7e7a701bc34d686fa87dfae
          8022000b7465737420766563746f7220
          002000080001a147e112a643
          000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7
          80280004c07d4c96
          """);

  private static final byte[] IPV6_RESPONSE =
      hex(
          """
          010100482112a442b7e7a701bc34d686fa87dfae
          8022000b7465737420766563746f7220
          002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9
          00080014a382954e4be67bf11784c97c8292c275bfe3ed41
          80280004c8fb0b4c
          """);

  private static final byte[] LONG_TERM_REQUEST =
      hex(
          """
          000100602112a44278ad3433c6ad72c029da412e
          00060012e3839ee38388e383aae38383e382afe382b90000
          0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b
          6578616d706c652e6f726700
          00080014f67024656dd64a3e02b8e0712e85c9a28ca89666
          """);

  @Test
  void request() throws Exception {
    StunMessage message = StunCodec.decode(REQUEST);
    assertThat(message.kind()).isEqualTo(StunClass.REQUEST);
    assertThat(message.transactionId()).hasToString("b7e7a701bc34d686fa87dfae");
    assertThat(message.first(Software.class)).contains(new Software("STUN test client"));
    assertThat(message.first(Username.class)).contains(new Username("evtj:h6vY"));
    assertThat(message.has(Fingerprint.class)).isTrue();
    assertThat(message.unknownRequired()).containsExactly(0x0024);
    assertThat(Integrity.SHA1.check(REQUEST, SHORT_TERM_KEY)).isEqualTo(Integrity.Verdict.VALID);
  }

  @Test
  void ipv4_response() throws Exception {
    StunMessage message = StunCodec.decode(IPV4_RESPONSE);
    assertThat(message.kind()).isEqualTo(StunClass.SUCCESS);
    assertThat(message.reflexiveAddress()).contains(new InetSocketAddress("192.0.2.1", 32853));
    assertThat(Integrity.SHA1.check(IPV4_RESPONSE, SHORT_TERM_KEY))
        .isEqualTo(Integrity.Verdict.VALID);
  }

  @Test
  void ipv6_response() throws Exception {
    StunMessage message = StunCodec.decode(IPV6_RESPONSE);
    assertThat(message.first(XorMappedAddress.class).map(XorMappedAddress::address))
        .contains(new InetSocketAddress("2001:db8:1234:5678:11:2233:4455:6677", 32853));
    assertThat(Integrity.SHA1.check(IPV6_RESPONSE, SHORT_TERM_KEY))
        .isEqualTo(Integrity.Verdict.VALID);
  }

  @Test
  void request_with_long_term_authentication() throws Exception {
    String username = "\u30de\u30c8\u30ea\u30c3\u30af\u30b9";
    StunMessage message = StunCodec.decode(LONG_TERM_REQUEST);
    assertThat(message.attributes())
        .containsExactly(
            new Username(username),
            new Nonce("f//499k954d6OL34oL9FSTvy64sA"),
            new Realm("example.org"));
    byte[] key = Integrity.longTermKey(username, "example.org", "TheMatrIX");
    assertThat(Integrity.SHA1.check(LONG_TERM_REQUEST, key)).isEqualTo(Integrity.Verdict.VALID);
    assertThat(StunCodec.encode(message, Integrity.SHA1, key)).isEqualTo(LONG_TERM_REQUEST);
  }

  @Test
  void a_changed_bit_is_noticed() {
    byte[] changed = IPV4_RESPONSE.clone();
    changed[30] ^= 1;
    assertThat(Integrity.SHA1.check(changed, SHORT_TERM_KEY)).isEqualTo(Integrity.Verdict.INVALID);
    assertThat(Integrity.SHA256.check(changed, SHORT_TERM_KEY)).isEqualTo(Integrity.Verdict.ABSENT);
    ThrowingCallable decode = () -> StunCodec.decode(changed);
    Assertions.assertThatThrownBy(decode)
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("FINGERPRINT");
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
  }
}
