package dev.crust.natlab.kernel;

/** The kernel or a tool refused what the lab asked of it. The message holds what the tool said. */
public final class LabException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With what to tell the user. */
  public LabException(String message) {
    super(message);
  }

  LabException(String message, Throwable cause) {
    super(message, cause);
  }
}
