package dev.crust.proto.beacon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.beacon.Message.Answer;
import dev.crust.proto.beacon.Message.Query;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class NetworkSealTest {
  private static final String VECTOR_START =
      "000000000000000000000000bd695c6e0e3b208c136a0e55efc215519fd5f3e4";
  private static final String VECTOR_TAG = "ac96c0c896dc762dd06546a9d26fcd69";

  private final SecureRandom random = Given.seeded(1);
  private final NetworkSeal seal = new NetworkSeal("chess club");

  @Test
  void opens_what_it_sealed() throws MalformedMessageException {
    byte[] opened = seal.open(seal.seal("text".getBytes(UTF_8), random));
    assertThat(opened).hasSize(NetworkSeal.BODY_LENGTH).startsWith("text".getBytes(UTF_8));
  }

  /** The vector that docs/protocol-beacon.md gives, for other implementations. */
  @Test
  void vector() {
    byte[] datagram = new NetworkSeal("public").seal(new byte[] {1, 1}, zeros()).toArray();
    assertThat(HexFormat.of().formatHex(datagram, 0, 32)).isEqualTo(VECTOR_START);
    assertThat(HexFormat.of().formatHex(datagram, 496, 512)).isEqualTo(VECTOR_TAG);
  }

  @Test
  void any_changed_bit_shows() {
    byte[] datagram = seal.seal(new byte[] {1}, random).toArray();
    for (int bit = 0; bit < 8 * datagram.length; bit += 7) {
      byte[] changed = datagram.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> seal.open(Bytes.copyOf(changed)))
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  @Test
  void other_networks_cannot_open() {
    Bytes datagram = seal.seal(new byte[] {1}, random);
    assertThatThrownBy(() -> new NetworkSeal("chess clubs").open(datagram))
        .isInstanceOf(MalformedMessageException.class);
  }

  /** Two of the same text share no more than chance allows, whatever the place. */
  @Test
  void equal_texts_look_unlike() {
    byte[] one = seal.seal(new byte[100], random).toArray();
    byte[] other = seal.seal(new byte[100], random).toArray();
    int same = 0;
    for (int i = 0; i < one.length; i++) {
      same += one[i] == other[i] ? 1 : 0;
    }
    assertThat(same).isLessThan(16);
    assertThat(one).hasSize(512);
  }

  @Test
  void answers_open_for_the_asker_alone() throws MalformedMessageException {
    OneTimeKey asker = OneTimeKey.generate(random);
    OneTimeKey answerer = OneTimeKey.generate(random);
    Bytes nonce = Bytes.copyOf(new byte[AesGcm.NONCE_LENGTH]);
    byte[] text = new byte[Codec.SEALED_LENGTH - AesGcm.TAG_LENGTH];
    byte[] sealed = seal.sealAnswer(answerer, new Query(1, asker.publicKey()), nonce, text);
    Answer answer = new Answer(nonce, answerer.publicKey(), Bytes.copyOf(sealed));

    assertThat(seal.openAnswer(asker, answer)).isEqualTo(text);
    assertThatThrownBy(() -> seal.openAnswer(OneTimeKey.generate(random), answer))
        .isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> new NetworkSeal("other").openAnswer(asker, answer))
        .isInstanceOf(MalformedMessageException.class);
    byte[] otherNonce = new byte[AesGcm.NONCE_LENGTH];
    otherNonce[3] = 1;
    Answer moved = new Answer(Bytes.copyOf(otherNonce), answer.key(), answer.sealed());
    assertThatThrownBy(() -> seal.openAnswer(asker, moved))
        .isInstanceOf(MalformedMessageException.class);
  }

  private static SecureRandom zeros() {
    return new SecureRandom() {
      private static final long serialVersionUID = 1L;

      @Override
      public void nextBytes(byte[] bytes) {
        Arrays.fill(bytes, (byte) 0);
      }
    };
  }
}
