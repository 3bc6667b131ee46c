package dev.crust.proto.relay;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.wire.RelayClosed;
import dev.crust.proto.wire.RelayControl;
import dev.crust.proto.wire.RelayIncoming;
import dev.crust.proto.wire.RelayOpen;
import dev.crust.proto.wire.RelayOpened;
import dev.crust.proto.wire.RelayReserve;
import dev.crust.proto.wire.RelayReserved;
import java.time.Duration;
import java.util.Optional;

/** The body of a RELAY frame. */
@SuppressWarnings("ArrayRecordComponent") // never compared
public sealed interface RelayMessage {
  /** The longest first bytes of a circuit. */
  int MAX_FIRST = 4096;

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

  /** To a relay: open a circuit. */
  record Open(int request, PeerId peer, byte[] first) implements RelayMessage {}

  /** From a relay: it is open. */
  record Opened(int request, long circuit) implements RelayMessage {}

  /** From a relay: somebody has opened one to us. */
  record Incoming(long circuit, PeerId peer, byte[] first) implements RelayMessage {}

  /** A circuit is over; with circuit 0, a request is refused. */
  record Closed(long circuit, int request, RelayRefusal why) implements RelayMessage {}

  /** The bytes. */
  default byte[] encode() {
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
      control.setOpen(
          RelayOpen.newBuilder()
              .setRequest(open.request())
              .setPeer(ByteString.copyFrom(open.peer().bytes()))
              .setFirst(ByteString.copyFrom(open.first())));
    } else if (this instanceof Opened opened) {
      control.setOpened(
          RelayOpened.newBuilder().setRequest(opened.request()).setCircuit(opened.circuit()));
    } else if (this instanceof Incoming incoming) {
      control.setIncoming(
          RelayIncoming.newBuilder()
              .setCircuit(incoming.circuit())
              .setPeer(ByteString.copyFrom(incoming.peer().bytes()))
              .setFirst(ByteString.copyFrom(incoming.first())));
    } else if (this instanceof Closed closed) {
      control.setClosed(
          RelayClosed.newBuilder()
              .setCircuit(closed.circuit())
              .setRequest(closed.request())
              .setReason(closed.why().toString()));
    }
    return control.build().toByteArray();
  }

  /**
   * Reads a message; empty if it is one of a later version.
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
      case OPEN -> {
        RelayOpen open = control.getOpen();
        yield Optional.of(
            new Open(open.getRequest(), peer(open.getPeer()), first(open.getFirst())));
      }
      case OPENED ->
          Optional.of(
              new Opened(
                  control.getOpened().getRequest(), circuit(control.getOpened().getCircuit())));
      case INCOMING -> {
        RelayIncoming incoming = control.getIncoming();
        yield Optional.of(
            new Incoming(
                circuit(incoming.getCircuit()),
                peer(incoming.getPeer()),
                first(incoming.getFirst())));
      }
      case CLOSED -> {
        RelayClosed closed = control.getClosed();
        yield Optional.of(
            new Closed(
                closed.getCircuit(), closed.getRequest(), RelayRefusal.of(closed.getReason())));
      }
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

  private static long circuit(long id) throws MalformedMessageException {
    if (id == 0) {
      throw new MalformedMessageException("a circuit without a name");
    }
    return id;
  }

  private static PeerId peer(ByteString id) throws MalformedMessageException {
    if (id.size() != PeerId.LENGTH) {
      throw new MalformedMessageException("a peer id of " + id.size() + " bytes");
    }
    return PeerId.of(id.toByteArray());
  }

  private static byte[] first(ByteString bytes) throws MalformedMessageException {
    if (bytes.size() > MAX_FIRST) {
      throw new MalformedMessageException("%d first bytes of a circuit".formatted(bytes.size()));
    }
    return bytes.toByteArray();
  }
}
