package dev.crust.proto;

/**
 * Bytes from the network that are not what the protocol allows there. The only exception that input
 * of a remote may cause; it is caught in one place for each kind of socket, counted, and laid at
 * its sender's door.
 */
public final class MalformedMessageException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With a clause that says what was wrong, for people. */
  public MalformedMessageException(String message) {
    super(message);
  }
}
