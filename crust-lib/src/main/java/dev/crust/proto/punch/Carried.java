package dev.crust.proto.punch;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.wire.Introduce;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;

/** What an introducer sends us: a peer's signal, or why ours was not carried. */
public sealed interface Carried {
  /**
   * A signal for {@link Introduction#onSignal}.
   *
   * @param from whose it is, unless its signature says otherwise
   * @param signal the signal
   * @param observed the IP address at which the introducer sees the sender, if it tells
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record FromPeer(PeerId from, byte[] signal, Optional<InetAddress> observed) implements Carried {}

  /** Ours to this peer was not carried. */
  record Refused(PeerId to, Refusal why) implements Carried {}

  /** Why a signal was not carried. */
  enum Refusal {
    /** Nobody of that name is connected to the introducer. */
    NOT_CONNECTED,
    /** The sender or the receiver has had too many of late. */
    TOO_MANY,
    /** It is longer than allowed, or empty. */
    TOO_LARGE,
    /** It is for the introducer, or for its sender. */
    SELF,
    /** A reason of a later version. */
    UNKNOWN;

    /** The name in lower case with hyphens. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * The body of the frame that asks an introducer to carry a signal.
   *
   * @param to for whom
   */
  static byte[] ask(PeerId to, byte[] signal) {
    return Introduce.newBuilder()
        .setPeer(ByteString.copyFrom(to.bytes()))
        .setSignal(ByteString.copyFrom(signal))
        .build()
        .toByteArray();
  }

  /**
   * Reads the body of a frame from an introducer.
   *
   * @throws MalformedMessageException if it is not well-formed
   */
  static Carried read(byte[] body) throws MalformedMessageException {
    Introduce frame = parse(body);
    PeerId peer = peer(frame);
    Optional<Refusal> refusal =
        switch (frame.getRefusal()) {
          case REFUSAL_NONE -> Optional.empty();
          case REFUSAL_NOT_CONNECTED -> Optional.of(Refusal.NOT_CONNECTED);
          case REFUSAL_TOO_MANY -> Optional.of(Refusal.TOO_MANY);
          case REFUSAL_TOO_LARGE -> Optional.of(Refusal.TOO_LARGE);
          case REFUSAL_SELF -> Optional.of(Refusal.SELF);
          case UNRECOGNIZED -> Optional.of(Refusal.UNKNOWN);
        };
    if (refusal.isPresent()) {
      return new Refused(peer, refusal.get());
    }
    return new FromPeer(peer, frame.getSignal().toByteArray(), observed(frame));
  }

  /** The frame, whoever it is for. */
  static Introduce parse(byte[] body) throws MalformedMessageException {
    try {
      return Introduce.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("an introduction that is not well-formed");
    }
  }

  /** Whom a frame is for, or from. */
  static PeerId peer(Introduce frame) throws MalformedMessageException {
    if (frame.getPeer().size() != PeerId.LENGTH) {
      throw new MalformedMessageException("a peer id of " + frame.getPeer().size() + " bytes");
    }
    return PeerId.of(frame.getPeer().toByteArray());
  }

  private static Optional<InetAddress> observed(Introduce frame) throws MalformedMessageException {
    if (frame.getObservedIp().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByAddress(frame.getObservedIp().toByteArray()));
    } catch (UnknownHostException e) {
      throw new MalformedMessageException(
          "an IP address of %d bytes".formatted(frame.getObservedIp().size()));
    }
  }
}
