package dev.crust.proto.relay;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.frame.Varint;
import dev.crust.proto.wire.RelayControl;
import dev.crust.proto.wire.RelayIncoming;
import dev.crust.proto.wire.RelayOpen;
import dev.crust.proto.wire.RelayOpened;
import dev.crust.proto.wire.RelayReserve;
import dev.crust.proto.wire.RelayReserved;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/** What stands at the beginning of a stream between an endpoint and its relay. */
public sealed interface RelayMessage {
  /** The number of the service by which relays are asked, and tell of circuits. */
  int SERVICE = 1;

  /** The longest message, in bytes. */
  int MAX_LENGTH = 256;

  /** To a relay: let others reach me through you. */
  record Reserve() implements RelayMessage {}

  /** From a relay: granted, with what each circuit may use; 0 or zero for no limit. */
  record Reserved(Duration lifetime, long bytesPerSecond, long bytes, Duration duration)
      implements RelayMessage {
    /** What a relay of these limits grants. */
    public static Reserved of(RelayLimits limits) {
      return new Reserved(
          limits.lifetime(), limits.bytesPerSecond(), limits.bytes(), limits.duration());
    }
  }

  /** To a relay: open a circuit, whose bytes follow. */
  record Open(PeerId peer) implements RelayMessage {}

  /**
   * From a relay: it is open, the peer's bytes follow.
   *
   * @param observed where the relay sees the peer, if it tells
   */
  record Opened(Optional<InetAddress> observed) implements RelayMessage {}

  /**
   * From a relay: somebody has opened one to us, whose bytes follow.
   *
   * @param observed where the relay sees it, if it tells
   */
  record Incoming(PeerId peer, Optional<InetAddress> observed) implements RelayMessage {}

  /** The bytes, with their length before them. */
  default ByteBuffer encode() {
    RelayControl.Builder control = RelayControl.newBuilder();
    if (this instanceof Reserve) {
      control.setReserve(RelayReserve.getDefaultInstance());
    } else if (this instanceof Reserved reserved) {
      control.setReserved(
          RelayReserved.newBuilder()
              .setLifetimeSeconds(seconds(reserved.lifetime()))
              .setBytesPerSecond(reserved.bytesPerSecond())
              .setBytes(reserved.bytes())
              .setSeconds(seconds(reserved.duration())));
    } else if (this instanceof Open open) {
      control.setOpen(RelayOpen.newBuilder().setPeer(ByteString.copyFrom(open.peer().bytes())));
    } else if (this instanceof Opened opened) {
      control.setOpened(RelayOpened.newBuilder().setObservedIp(wire(opened.observed())));
    } else if (this instanceof Incoming incoming) {
      control.setIncoming(
          RelayIncoming.newBuilder()
              .setPeer(ByteString.copyFrom(incoming.peer().bytes()))
              .setObservedIp(wire(incoming.observed())));
    }
    byte[] body = control.build().toByteArray();
    ByteBuffer out = ByteBuffer.allocate(Varint.length(body.length) + body.length);
    Varint.write(out, body.length);
    return out.put(body).flip();
  }

  /**
   * Reads the body of a message; empty if it is one of a later version.
   *
   * @throws MalformedMessageException if it is not well-formed
   */
  static Optional<RelayMessage> decode(byte[] body) throws MalformedMessageException {
    RelayControl control;
    try {
      control = RelayControl.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("a relay message that is not well-formed");
    }
    return switch (control.getKindCase()) {
      case RESERVE -> Optional.of(new Reserve());
      case RESERVED -> {
        RelayReserved reserved = control.getReserved();
        yield Optional.of(
            new Reserved(
                Duration.ofSeconds(limit(reserved.getLifetimeSeconds())),
                limit(reserved.getBytesPerSecond()),
                limit(reserved.getBytes()),
                Duration.ofSeconds(limit(reserved.getSeconds()))));
      }
      case OPEN -> Optional.of(new Open(peer(control.getOpen().getPeer())));
      case OPENED -> Optional.of(new Opened(ip(control.getOpened().getObservedIp())));
      case INCOMING ->
          Optional.of(
              new Incoming(
                  peer(control.getIncoming().getPeer()),
                  ip(control.getIncoming().getObservedIp())));
      case KIND_NOT_SET -> Optional.empty();
    };
  }

  private static int seconds(Duration time) {
    return (int) Math.min(time.toSeconds(), Integer.MAX_VALUE);
  }

  private static long limit(long value) {
    // Unsigned on the wire: what is beyond our numbers is no limit.
    return Math.max(value, 0);
  }

  private static ByteString wire(Optional<InetAddress> ip) {
    return ip.map(it -> ByteString.copyFrom(it.getAddress())).orElse(ByteString.EMPTY);
  }

  private static Optional<InetAddress> ip(ByteString bytes) throws MalformedMessageException {
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByAddress(bytes.toByteArray()));
    } catch (UnknownHostException e) {
      throw new MalformedMessageException("an IP address of " + bytes.size() + " bytes");
    }
  }

  private static PeerId peer(ByteString id) throws MalformedMessageException {
    if (id.size() != PeerId.LENGTH) {
      throw new MalformedMessageException("a peer id of " + id.size() + " bytes");
    }
    return PeerId.of(id.toByteArray());
  }
}
