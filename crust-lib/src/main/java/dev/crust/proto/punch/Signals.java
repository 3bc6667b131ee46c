package dev.crust.proto.punch;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.identity.Ed25519;
import dev.crust.proto.wire.Signal;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/**
 * The signed envelope of what two endpoints say before they have a path: whoever carries it can
 * drop it, and neither alter nor invent it.
 */
final class Signals {
  /** The longest, in bytes. */
  static final int MAX_LENGTH = 2048;

  private static final byte[] CONTEXT = "crust signal\0".getBytes(StandardCharsets.US_ASCII);

  private Signals() {}

  /**
   * Signs and encodes.
   *
   * @param sign the signature of the sender's identity
   */
  static byte[] seal(
      PeerId from, PeerId to, Signal.Kind kind, MessageLite body, UnaryOperator<byte[]> sign) {
    ByteString bytes = body.toByteString();
    byte[] signature = sign.apply(signed(from, to, kind.getNumber(), bytes));
    return Signal.newBuilder()
        .setKind(kind)
        .setBody(bytes)
        .setSignature(ByteString.copyFrom(signature))
        .build()
        .toByteArray();
  }

  /**
   * Decodes and checks the signature.
   *
   * @throws MalformedMessageException if it is not this sender's
   */
  static Signal open(PeerId from, PeerId to, byte[] bytes) throws MalformedMessageException {
    if (bytes.length > MAX_LENGTH) {
      throw new MalformedMessageException("a signal of %d bytes".formatted(bytes.length));
    }
    try {
      Signal signal = Signal.parseFrom(bytes);
      byte[] data = signed(from, to, signal.getKindValue(), signal.getBody());
      if (!Ed25519.verify(from.bytes(), data, signal.getSignature().toByteArray())) {
        throw new MalformedMessageException("a signal that its sender did not sign");
      }
      return signal;
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("a signal that is not well-formed");
    }
  }

  private static byte[] signed(PeerId from, PeerId to, int kind, ByteString body) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.writeBytes(CONTEXT);
    data.writeBytes(from.bytes());
    data.writeBytes(to.bytes());
    data.write(kind);
    data.writeBytes(body.toByteArray());
    return data.toByteArray();
  }
}
