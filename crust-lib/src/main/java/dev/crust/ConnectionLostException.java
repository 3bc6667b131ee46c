package dev.crust;

/**
 * The connection ended before the peer's endpoint acknowledged this: whether the peer has it is
 * unknown.
 */
public final class ConnectionLostException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /**
   * A lost connection.
   *
   * @param reason why the connection ended
   * @param detail the reason in particular, for people
   */
  public ConnectionLostException(Reason reason, String detail) {
    super(reason.sentence() + (detail.isEmpty() ? "" : ": " + detail));
    this.reason = reason;
  }

  /** Why the connection ended. */
  public Reason reason() {
    return reason;
  }
}
