package dev.crust;

import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.Random;

/** Many bytes through a stream, and whether all of them came. */
final class Bulk {
  private Bulk() {}

  /** Writes so many bytes, and the end after them. Returns their SHA-256. */
  static byte[] write(OutputStream out, long count) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    Random random = new Random(1);
    byte[] buffer = new byte[64 << 10];
    for (long left = count; left > 0; left -= buffer.length) {
      random.nextBytes(buffer);
      digest.update(buffer);
      out.write(buffer);
    }
    out.close();
    return digest.digest();
  }

  /** Reads to the end. Returns the SHA-256 of what came. */
  static byte[] digest(InputStream in) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    byte[] buffer = new byte[64 << 10];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      digest.update(buffer, 0, n);
    }
    return digest.digest();
  }
}
