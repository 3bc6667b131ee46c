package dev.crust.proto.stun;

import dev.crust.proto.stun.StunAttribute.ErrorCode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One request and what becomes of it (RFC 8489 §6.2, §6.3): sends it, again when time is up, and
 * says once how it ended.
 *
 * <p>Due at once after construction: call {@link #onTimeout} whenever {@link #deadline} has come.
 * Confined to one thread.
 */
public final class StunTransaction {
  /** What the owner is to do. */
  public sealed interface Effect {
    /** Send the request. */
    record Send(StunMessage request) implements Effect {}

    /** It ended: the server carried it out. */
    record Answered(StunMessage response) implements Effect {}

    /** It ended: the server refused, or answered in terms that we must understand and do not. */
    record Refused(StunMessage response, Optional<ErrorCode> error) implements Effect {}

    /** It ended: nobody answered. */
    record TimedOut() implements Effect {}
  }

  private final StunMessage request;
  private final Retransmission schedule;
  private Instant deadline;
  private int transmissions;

  /** A transaction that starts at the first {@link #onTimeout}. */
  public StunTransaction(StunMessage request, Retransmission schedule, Instant now) {
    this.request = request;
    this.schedule = schedule;
    this.deadline = now;
  }

  /** The request. */
  public StunMessage request() {
    return request;
  }

  /** How often the request was sent so far. */
  public int transmissions() {
    return transmissions;
  }

  /** Whether it has ended. */
  public boolean ended() {
    return deadline.equals(Instant.MAX);
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} once it has ended. */
  public Instant deadline() {
    return deadline;
  }

  /** Time has passed: sends again or gives up if it is due, else nothing. */
  public List<Effect> onTimeout(Instant now) {
    if (now.isBefore(deadline)) {
      return List.of();
    }
    if (transmissions == schedule.transmissions()) {
      deadline = Instant.MAX;
      return List.of(new Effect.TimedOut());
    }
    transmissions++;
    // From now, not from the old deadline: after a late wake-up two sends must not follow closely.
    deadline = now.plus(schedule.waitAfter(transmissions));
    return List.of(new Effect.Send(request));
  }

  /** A message came; one that does not answer this request, or comes too late, is ignored. */
  public List<Effect> onMessage(StunMessage message) {
    boolean response = message.kind() == StunClass.SUCCESS || message.kind() == StunClass.ERROR;
    if (ended()
        || !response
        || message.method() != request.method()
        || !message.transactionId().equals(request.transactionId())) {
      return List.of();
    }
    deadline = Instant.MAX;
    if (message.kind() == StunClass.ERROR || !message.unknownRequired().isEmpty()) {
      return List.of(new Effect.Refused(message, message.first(ErrorCode.class)));
    }
    return List.of(new Effect.Answered(message));
  }

  /** The way to the server failed (ICMP error, connection refused): gives up at once. */
  public List<Effect> onUnreachable() {
    if (ended()) {
      return List.of();
    }
    deadline = Instant.MAX;
    return List.of(new Effect.TimedOut());
  }
}
