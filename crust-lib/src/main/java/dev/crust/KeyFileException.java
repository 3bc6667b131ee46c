package dev.crust;

import java.io.IOException;

/**
 * A key file that cannot be accepted as it is. The message says which file and what is wrong with
 * it.
 */
public final class KeyFileException extends IOException {
  private static final long serialVersionUID = 1L;

  /** With one sentence that names the file. */
  public KeyFileException(String message) {
    super(message);
  }
}
