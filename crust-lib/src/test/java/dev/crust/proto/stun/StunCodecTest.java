package dev.crust.proto.stun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunAttribute.ChangeRequest;
import dev.crust.proto.stun.StunAttribute.ErrorCode;
import dev.crust.proto.stun.StunAttribute.Fingerprint;
import dev.crust.proto.stun.StunAttribute.MappedAddress;
import dev.crust.proto.stun.StunAttribute.Nonce;
import dev.crust.proto.stun.StunAttribute.Opaque;
import dev.crust.proto.stun.StunAttribute.OtherAddress;
import dev.crust.proto.stun.StunAttribute.Padding;
import dev.crust.proto.stun.StunAttribute.Realm;
import dev.crust.proto.stun.StunAttribute.ResponseOrigin;
import dev.crust.proto.stun.StunAttribute.ResponsePort;
import dev.crust.proto.stun.StunAttribute.Software;
import dev.crust.proto.stun.StunAttribute.UnknownAttributes;
import dev.crust.proto.stun.StunAttribute.Username;
import dev.crust.proto.stun.StunAttribute.XorMappedAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class StunCodecTest {
  private static final int ROUNDS = 2000;

  @Test
  void whatever_is_encoded_decodes_to_itself() throws Exception {
    for (long seed = 1; seed <= ROUNDS; seed++) {
      Random random = new Random(seed);
      StunMessage message = message(random);
      assertThat(StunCodec.decode(StunCodec.encode(message))).as("seed " + seed).isEqualTo(message);
      for (Integrity integrity : Integrity.values()) {
        byte[] key = bytes(random, 1 + random.nextInt(80));
        byte[] bytes = StunCodec.encode(message, integrity, key);
        assertThat(StunCodec.decode(bytes)).as("seed " + seed).isEqualTo(message);
        assertThat(integrity.check(bytes, key))
            .as("seed " + seed)
            .isEqualTo(Integrity.Verdict.VALID);
        key[0] ^= 1;
        assertThat(integrity.check(bytes, key))
            .as("seed " + seed)
            .isEqualTo(Integrity.Verdict.INVALID);
      }
    }
  }

  @Test
  void every_truncation_is_malformed() {
    byte[] bytes = StunCodec.encode(message(new Random(7)));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> StunCodec.decode(cut)).isInstanceOf(MalformedMessageException.class);
    }
  }

  @Test
  void a_flipped_bit_throws_nothing_else() {
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      byte[] bytes = StunCodec.encode(message(random));
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        StunCodec.decode(bytes);
      } catch (MalformedMessageException expected) {
        assertThat(expected).hasMessageNotContaining("null");
      }
    }
  }

  @Test
  void attributes_after_the_integrity_are_not_believed() throws Exception {
    TransactionId id = TransactionId.random(new Random(1));
    byte[] key = {1};
    byte[] sealed = StunCodec.encode(StunMessage.bindingRequest(id), Integrity.SHA1, key);
    byte[] forged = Arrays.copyOf(sealed, sealed.length + 8);
    forged[3] = (byte) (forged[3] + 8);
    System.arraycopy(new byte[] {0, 3, 0, 4, 0, 0, 0, 6}, 0, forged, sealed.length, 8);
    assertThat(StunCodec.decode(forged).attributes()).isEmpty();
    assertThat(Integrity.SHA1.check(forged, key)).isEqualTo(Integrity.Verdict.VALID);
  }

  @RepeatedTest(50)
  void a_stream_is_cut_into_messages_wherever_it_breaks(RepetitionInfo repetition)
      throws Exception {
    Random random = new Random(repetition.getCurrentRepetition());
    StunFramer framer = new StunFramer();
    List<StunMessage> sent = new ArrayList<>();
    List<StunMessage> received = new ArrayList<>();
    byte[] stream = {};
    for (int i = 0; i < 5; i++) {
      StunMessage message =
          StunMessage.bindingRequest(TransactionId.random(random), attribute(random));
      byte[] bytes = StunCodec.encode(message);
      if (bytes.length > StunFramer.MAX_MESSAGE) {
        continue;
      }
      sent.add(message);
      int before = stream.length;
      stream = Arrays.copyOf(stream, before + bytes.length);
      System.arraycopy(bytes, 0, stream, before, bytes.length);
    }
    int at = 0;
    while (at < stream.length) {
      int next = Math.min(stream.length, at + 1 + random.nextInt(30));
      for (byte[] each : framer.onBytes(Arrays.copyOfRange(stream, at, next))) {
        received.add(StunCodec.decode(each));
      }
      at = next;
    }
    assertThat(received).isEqualTo(sent);
  }

  @Test
  void a_stream_of_something_else_is_refused() {
    StunFramer framer = new StunFramer();
    byte[] http =
        "GET / HTTP/1.1\r\nHost: example\r\n\r\n"
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> framer.onBytes(http)).isInstanceOf(MalformedMessageException.class);
  }

  static StunMessage message(Random random) {
    List<StunAttribute> attributes = new ArrayList<>();
    int count = random.nextInt(6);
    for (int i = 0; i < count; i++) {
      attributes.add(attribute(random));
    }
    if (random.nextBoolean()) {
      attributes.add(new Fingerprint());
    }
    StunClass kind = StunClass.of(random.nextInt(0x200));
    return new StunMessage(kind, random.nextInt(0x1000), TransactionId.random(random), attributes);
  }

  private static StunAttribute attribute(Random random) {
    return switch (random.nextInt(14)) {
      case 0 -> new MappedAddress(address(random));
      case 1 -> new XorMappedAddress(address(random));
      case 2 -> new ResponseOrigin(address(random));
      case 3 -> new OtherAddress(address(random));
      case 4 -> new ChangeRequest(random.nextBoolean(), random.nextBoolean());
      case 5 -> new ResponsePort(random.nextInt(0x10000));
      case 6 -> new Padding(random.nextInt(1500));
      case 7 -> new Username(text(random));
      case 8 -> new Realm(text(random));
      case 9 -> new Nonce(text(random));
      case 10 -> new Software(text(random));
      case 11 -> new ErrorCode(300 + random.nextInt(400), text(random));
      case 12 -> new UnknownAttributes(List.of(random.nextInt(0x10000), random.nextInt(0x10000)));
      default -> new Opaque(0xc000 + random.nextInt(0x100), bytes(random, random.nextInt(50)));
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(100);
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(0x20 + random.nextInt(0x2000));
    }
    return text.toString();
  }

  private static InetSocketAddress address(Random random) {
    try {
      byte[] ip = bytes(random, random.nextBoolean() ? 4 : 16);
      return new InetSocketAddress(InetAddress.getByAddress(ip), random.nextInt(0x10000));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
