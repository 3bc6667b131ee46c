package dev.crust;

/** RFC 4648 §6 base32 in lower case without padding; only canonical text decodes. */
final class Base32 {
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

  private Base32() {}

  static int encodedLength(int bytes) {
    return (bytes * 8 + 4) / 5;
  }

  static String encode(byte[] bytes) {
    StringBuilder text = new StringBuilder(encodedLength(bytes.length));
    int buffer = 0;
    int bits = 0;
    for (byte b : bytes) {
      buffer = (buffer << 8) | (b & 0xff);
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text.append(ALPHABET.charAt((buffer >>> bits) & 31));
      }
      buffer &= (1 << bits) - 1;
    }
    if (bits > 0) {
      text.append(ALPHABET.charAt((buffer << (5 - bits)) & 31));
    }
    return text.toString();
  }

  /**
   * Decodes text.
   *
   * @throws IllegalArgumentException if a character is not of the alphabet, or the bits left over
   *     are not zero (two texts would then name one value)
   */
  static byte[] decode(String text) {
    byte[] bytes = new byte[text.length() * 5 / 8];
    int buffer = 0;
    int bits = 0;
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      int value = ALPHABET.indexOf(text.charAt(i));
      if (value < 0) {
        throw new IllegalArgumentException(
            "'%c' at position %d of '%s' is not lower-case base32"
                .formatted(text.charAt(i), i + 1, text));
      }
      buffer = (buffer << 5) | value;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes[length++] = (byte) (buffer >>> bits);
      }
      buffer &= (1 << bits) - 1;
    }
    if (buffer != 0) {
      throw new IllegalArgumentException(
          "'%s' is not canonical base32: its last character carries bits that no byte has"
              .formatted(text));
    }
    return bytes;
  }
}
