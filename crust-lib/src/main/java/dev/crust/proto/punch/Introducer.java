package dev.crust.proto.punch;

import com.google.protobuf.ByteString;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.wire.Introduce;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Carries signals between two peers that are both connected to us. It looks into none, keeps none,
 * and forwards a few a second for each sender and each receiver.
 */
public final class Introducer {
  /** What is to be done with an INTRODUCE frame. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public sealed interface Effect {
    /** Send a frame with this body to that peer. */
    record Forward(PeerId to, byte[] body) implements Effect {}

    /** Send this one back: it says why nothing was forwarded. */
    record Refuse(byte[] body, Carried.Refusal why) implements Effect {}
  }

  private static final int BURST = 16;
  private static final double PER_SECOND = 4;
  private static final int CAPACITY = 4096;

  private final PeerId self;
  private final RateLimits<PeerId> senders = new RateLimits<>(BURST, PER_SECOND, CAPACITY);
  private final RateLimits<PeerId> receivers =
      new RateLimits<>(4 * BURST, 4 * PER_SECOND, CAPACITY);

  /** That of an endpoint. */
  public Introducer(PeerId self) {
    this.self = self;
  }

  /**
   * A frame that a peer wants carried.
   *
   * @param body the frame's body
   * @param observed where we see the sender, if its path is a direct one
   * @param connected who is connected to us
   * @throws MalformedMessageException if it is not well-formed
   */
  public Effect onIntroduce(
      PeerId from,
      byte[] body,
      Optional<InetAddress> observed,
      Predicate<PeerId> connected,
      Instant now)
      throws MalformedMessageException {
    Introduce frame = Carried.parse(body);
    PeerId to = Carried.peer(frame);
    Optional<Carried.Refusal> refusal = refusal(from, to, frame, connected, now);
    if (refusal.isPresent()) {
      // Without the signal: no answer is larger than the question.
      Introduce answer =
          Introduce.newBuilder().setPeer(frame.getPeer()).setRefusal(wire(refusal.get())).build();
      return new Effect.Refuse(answer.toByteArray(), refusal.get());
    }
    Introduce.Builder forward =
        Introduce.newBuilder()
            .setPeer(ByteString.copyFrom(from.bytes()))
            .setSignal(frame.getSignal());
    observed.ifPresent(ip -> forward.setObservedIp(ByteString.copyFrom(ip.getAddress())));
    return new Effect.Forward(to, forward.build().toByteArray());
  }

  private Optional<Carried.Refusal> refusal(
      PeerId from, PeerId to, Introduce frame, Predicate<PeerId> connected, Instant now) {
    if (!senders.allows(from, now)) {
      return Optional.of(Carried.Refusal.TOO_MANY);
    } else if (frame.getSignal().isEmpty() || frame.getSignal().size() > Signals.MAX_LENGTH) {
      return Optional.of(Carried.Refusal.TOO_LARGE);
    } else if (to.equals(self) || to.equals(from)) {
      return Optional.of(Carried.Refusal.SELF);
    } else if (!connected.test(to)) {
      return Optional.of(Carried.Refusal.NOT_CONNECTED);
    }
    return receivers.allows(to, now) ? Optional.empty() : Optional.of(Carried.Refusal.TOO_MANY);
  }

  private static Introduce.Refusal wire(Carried.Refusal refusal) {
    return switch (refusal) {
      case NOT_CONNECTED -> Introduce.Refusal.REFUSAL_NOT_CONNECTED;
      case TOO_MANY -> Introduce.Refusal.REFUSAL_TOO_MANY;
      case TOO_LARGE -> Introduce.Refusal.REFUSAL_TOO_LARGE;
      case SELF -> Introduce.Refusal.REFUSAL_SELF;
      case UNKNOWN -> throw new IllegalStateException("a refusal without a reason");
    };
  }
}
