package dev.crust;

import java.io.IOException;

/** Another endpoint, in this process or another, uses the identity of this key file. */
public final class IdentityInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  /** With one sentence that names the file. */
  public IdentityInUseException(String message) {
    super(message);
  }
}
