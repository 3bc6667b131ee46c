package dev.crust.proto.punch;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.Varint;
import java.nio.ByteBuffer;
import java.util.Optional;

/** What goes over a stream of {@link #SERVICE}, either way. */
@SuppressWarnings("ArrayRecordComponent") // never compared
public sealed interface Signalling {
  /** The number of the service by which endpoints find direct paths to each other. */
  int SERVICE = 2;

  /** The longest message, in bytes: a signal and what an introducer adds to it. */
  int MAX_LENGTH = Signals.MAX_LENGTH + 128;

  /** A signal of the sender for the receiver. */
  record Direct(byte[] signal) implements Signalling {}

  /** To an introducer: carry this; the body is for {@link Introducer#onIntroduce}. */
  record Ask(byte[] body) implements Signalling {}

  /** From an introducer; the body is for {@link Carried#read}. */
  record Carry(byte[] body) implements Signalling {}

  /** The bytes, with their length before them. */
  default ByteBuffer encode() {
    dev.crust.proto.wire.Signalling.Builder message = dev.crust.proto.wire.Signalling.newBuilder();
    try {
      if (this instanceof Direct direct) {
        message.setSignal(ByteString.copyFrom(direct.signal));
      } else if (this instanceof Ask ask) {
        message.setAsk(dev.crust.proto.wire.Introduce.parseFrom(ask.body));
      } else if (this instanceof Carry carry) {
        message.setCarried(dev.crust.proto.wire.Introduce.parseFrom(carry.body));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an introduction of our own making is malformed", e);
    }
    byte[] body = message.build().toByteArray();
    ByteBuffer out = ByteBuffer.allocate(Varint.length(body.length) + body.length);
    Varint.write(out, body.length);
    return out.put(body).flip();
  }

  /**
   * Reads the body of a message; empty if it is one of a later version.
   *
   * @throws MalformedMessageException if it is not well-formed
   */
  static Optional<Signalling> decode(byte[] body) throws MalformedMessageException {
    dev.crust.proto.wire.Signalling message;
    try {
      message = dev.crust.proto.wire.Signalling.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("a message about signals that is not well-formed");
    }
    return switch (message.getKindCase()) {
      case SIGNAL -> Optional.of(new Direct(message.getSignal().toByteArray()));
      case ASK -> Optional.of(new Ask(message.getAsk().toByteArray()));
      case CARRIED -> Optional.of(new Carry(message.getCarried().toByteArray()));
      case KIND_NOT_SET -> Optional.empty();
    };
  }
}
