package dev.crust.proto.identity;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;

/** The little of ASN.1's distinguished encoding rules (X.690) that our certificates need. */
final class Der {
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int OBJECT_IDENTIFIER = 0x06;
  static final int UTF8_STRING = 0x0c;
  static final int GENERALIZED_TIME = 0x18;
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;

  private Der() {}

  /** The tag of a constructed, context-specific element. */
  static int context(int number) {
    return 0xa0 | number;
  }

  /** An element with this tag around these contents, in order. */
  static byte[] element(int tag, byte[]... contents) {
    int length = 0;
    for (byte[] content : contents) {
      length += content.length;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 5);
    out.write(tag);
    if (length >= 0x100) {
      out.write(0x82);
      out.write(length >>> 8);
    } else if (length >= 0x80) {
      out.write(0x81);
    }
    out.write(length);
    for (byte[] content : contents) {
      out.writeBytes(content);
    }
    return out.toByteArray();
  }

  static byte[] integer(BigInteger value) {
    return element(INTEGER, value.toByteArray());
  }

  static byte[] bitString(byte[] bytes) {
    return element(BIT_STRING, new byte[] {0}, bytes);
  }

  static byte[] utf8(String text) {
    return element(UTF8_STRING, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] generalizedTime(String text) {
    return element(GENERALIZED_TIME, text.getBytes(StandardCharsets.US_ASCII));
  }

  /** An object identifier in dotted form. */
  static byte[] oid(String dotted) {
    String[] arcs = dotted.split("\\.", -1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(Integer.parseInt(arcs[0]) * 40 + Integer.parseInt(arcs[1]));
    for (int i = 2; i < arcs.length; i++) {
      int arc = Integer.parseInt(arcs[i]);
      for (int shift = 28; shift > 0; shift -= 7) {
        if (arc >>> shift != 0) {
          out.write(0x80 | ((arc >>> shift) & 0x7f));
        }
      }
      out.write(arc & 0x7f);
    }
    return element(OBJECT_IDENTIFIER, out.toByteArray());
  }

  /**
   * Takes the next element off the buffer and returns its contents.
   *
   * @throws CertificateException if the next element has another tag, or is cut short
   */
  static ByteBuffer read(ByteBuffer in, int tag) throws CertificateException {
    if (in.remaining() < 2 || (in.get() & 0xff) != tag) {
      throw new CertificateException("the certificate's extension is not well-formed");
    }
    int length = in.get() & 0xff;
    if (length >= 0x80) {
      int count = length & 0x7f;
      length = 0;
      if (count == 0 || count > 2 || in.remaining() < count) {
        throw new CertificateException("the certificate's extension is not well-formed");
      }
      for (int i = 0; i < count; i++) {
        length = (length << 8) | (in.get() & 0xff);
      }
    }
    if (length > in.remaining()) {
      throw new CertificateException("the certificate's extension is cut short");
    }
    ByteBuffer contents = in.slice(in.position(), length);
    in.position(in.position() + length);
    return contents;
  }
}
