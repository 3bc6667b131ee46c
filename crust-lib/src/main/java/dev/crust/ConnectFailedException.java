package dev.crust;

import java.util.List;
import java.util.stream.Collectors;

/** No path to the peer came about. Tells every attempt and why it failed. */
public final class ConnectFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient PeerId peer;
  private final Reason reason;
  private final transient List<Attempt> attempts;

  /**
   * A failed dial.
   *
   * @param peer who was dialled
   * @param reason the one reason that tells most
   * @param attempts every attempt, in the order of their start; may be empty
   */
  public ConnectFailedException(PeerId peer, Reason reason, List<Attempt> attempts) {
    super(sentence(peer, reason, attempts));
    this.peer = peer;
    this.reason = reason;
    this.attempts = List.copyOf(attempts);
  }

  private static String sentence(PeerId peer, Reason reason, List<Attempt> attempts) {
    String tried =
        attempts.isEmpty()
            ? ""
            : attempts.stream().map(Attempt::toString).collect(Collectors.joining("; ", " [", "]"));
    return "no connection to " + peer + ": " + reason.sentence() + tried;
  }

  /** Who was dialled. */
  public PeerId peer() {
    return peer;
  }

  /** The one reason that tells most. */
  public Reason reason() {
    return reason;
  }

  /** Every attempt, in the order of their start. */
  public List<Attempt> attempts() {
    return attempts;
  }
}
