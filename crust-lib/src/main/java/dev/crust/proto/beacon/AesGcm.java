package dev.crust.proto.beacon;

import dev.crust.proto.MalformedMessageException;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** AES-128-GCM (NIST SP 800-38D) by the JDK. */
final class AesGcm {
  static final int KEY_LENGTH = 16;
  static final int NONCE_LENGTH = 12;
  static final int TAG_LENGTH = 16;

  private AesGcm() {}

  static byte[] seal(byte[] key, byte[] nonce, byte[] associated, byte[] text) {
    try {
      return cipher(Cipher.ENCRYPT_MODE, key, nonce, associated).doFinal(text);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a fresh cipher seals", e);
    }
  }

  static byte[] open(byte[] key, byte[] nonce, byte[] associated, byte[] sealed)
      throws MalformedMessageException {
    try {
      return cipher(Cipher.DECRYPT_MODE, key, nonce, associated).doFinal(sealed);
    } catch (AEADBadTagException e) {
      throw new MalformedMessageException("not sealed with our key");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a fresh cipher opens", e);
    }
  }

  private static Cipher cipher(int mode, byte[] key, byte[] nonce, byte[] associated)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(8 * TAG_LENGTH, nonce));
    cipher.updateAAD(associated);
    return cipher;
  }
}
