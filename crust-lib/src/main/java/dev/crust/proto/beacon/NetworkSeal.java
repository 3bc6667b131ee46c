package dev.crust.proto.beacon;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.crust.proto.MalformedMessageException;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Makes datagrams that only members of a network can read, and that look random and alike to all
 * others.
 *
 * <p>The key comes from the network's name alone, so a name that everybody knows, such as {@code
 * public}, hides nothing.
 */
final class NetworkSeal {
  /** The length of every datagram. So no answer is larger than its question. */
  static final int DATAGRAM_LENGTH = 512;

  /** What fits into a datagram: {@value} bytes. */
  static final int BODY_LENGTH = DATAGRAM_LENGTH - AesGcm.NONCE_LENGTH - AesGcm.TAG_LENGTH;

  private static final byte[] NOTHING = {};

  private final byte[] key;
  private final byte[] answerSalt;

  NetworkSeal(String network) {
    byte[] salt = "crust beacon 1".getBytes(US_ASCII);
    byte[] secret = network.getBytes(UTF_8);
    key = Hkdf.derive(secret, salt, "datagram".getBytes(US_ASCII), AesGcm.KEY_LENGTH);
    answerSalt = Hkdf.derive(secret, salt, "answer".getBytes(US_ASCII), 32);
  }

  /** A datagram with this body, padded with zeros. */
  Bytes seal(byte[] body, SecureRandom random) {
    if (body.length > BODY_LENGTH) {
      throw new IllegalStateException("a body of " + body.length + " bytes");
    }
    byte[] nonce = new byte[AesGcm.NONCE_LENGTH];
    random.nextBytes(nonce);
    byte[] sealed = AesGcm.seal(key, nonce, NOTHING, Arrays.copyOf(body, BODY_LENGTH));
    byte[] datagram = Arrays.copyOf(nonce, DATAGRAM_LENGTH);
    System.arraycopy(sealed, 0, datagram, nonce.length, sealed.length);
    return Bytes.copyOf(datagram);
  }

  /** The body of a datagram of the right length. */
  byte[] open(Bytes datagram) throws MalformedMessageException {
    byte[] all = datagram.toArray();
    byte[] nonce = Arrays.copyOf(all, AesGcm.NONCE_LENGTH);
    return AesGcm.open(
        key, nonce, NOTHING, Arrays.copyOfRange(all, AesGcm.NONCE_LENGTH, all.length));
  }

  /** The part of a datagram that tells it from every other. */
  static Bytes nonce(Bytes datagram) {
    return Bytes.copyOf(Arrays.copyOf(datagram.toArray(), AesGcm.NONCE_LENGTH));
  }

  /** Seals an answer to the key of the one who asked. */
  byte[] sealAnswer(OneTimeKey ours, Message.Query query, Bytes queryNonce, byte[] text)
      throws MalformedMessageException {
    return answerCipher(ours.agree(query.key()), query.key(), ours.publicKey())
        .seal(queryNonce, text);
  }

  /** Opens an answer to a question that we asked with this key. */
  byte[] openAnswer(OneTimeKey ours, Message.Answer answer) throws MalformedMessageException {
    return answerCipher(ours.agree(answer.key()), ours.publicKey(), answer.key())
        .open(answer.queryNonce(), answer.sealed());
  }

  private AnswerCipher answerCipher(byte[] shared, Bytes asker, Bytes answerer) {
    byte[] label = "answer".getBytes(US_ASCII);
    byte[] info = Arrays.copyOf(label, label.length + 2 * OneTimeKey.LENGTH);
    System.arraycopy(asker.toArray(), 0, info, label.length, OneTimeKey.LENGTH);
    System.arraycopy(
        answerer.toArray(), 0, info, label.length + OneTimeKey.LENGTH, OneTimeKey.LENGTH);
    byte[] derived = Hkdf.derive(shared, answerSalt, info, AesGcm.KEY_LENGTH + AesGcm.NONCE_LENGTH);
    return new AnswerCipher(
        Arrays.copyOf(derived, AesGcm.KEY_LENGTH),
        Arrays.copyOfRange(derived, AesGcm.KEY_LENGTH, derived.length));
  }

  /** A key and a nonce that are used once, bound to the question's nonce. */
  private static final class AnswerCipher {
    private final byte[] key;
    private final byte[] nonce;

    AnswerCipher(byte[] key, byte[] nonce) {
      this.key = key;
      this.nonce = nonce;
    }

    byte[] seal(Bytes queryNonce, byte[] text) {
      return AesGcm.seal(key, nonce, queryNonce.toArray(), text);
    }

    byte[] open(Bytes queryNonce, Bytes sealed) throws MalformedMessageException {
      return AesGcm.open(key, nonce, queryNonce.toArray(), sealed.toArray());
    }
  }
}
