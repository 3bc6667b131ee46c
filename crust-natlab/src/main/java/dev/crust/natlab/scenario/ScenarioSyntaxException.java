package dev.crust.natlab.scenario;

/** A text that is no scenario. The message names the line and the wrong word. */
public final class ScenarioSyntaxException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int line;

  ScenarioSyntaxException(int line, String message, IllegalArgumentException cause) {
    super("line " + line + ": " + message, cause);
    this.line = line;
  }

  /** The line, counted from 1. */
  public int line() {
    return line;
  }
}
