package dev.crust.cli;

/** A command that cannot go on: one sentence for people, and the code to exit with. */
final class CommandFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** The operation failed. */
  static final int FAILED = 1;

  /** What was asked for makes no sense. */
  static final int USAGE = 2;

  private final int exitCode;

  private CommandFailure(int exitCode, String sentence) {
    super(sentence);
    this.exitCode = exitCode;
  }

  /** The operation failed: why, and what to try. */
  static CommandFailure failed(String sentence) {
    return new CommandFailure(FAILED, sentence);
  }

  /** Something given to the command is wrong: what and where. */
  static CommandFailure usage(String sentence) {
    return new CommandFailure(USAGE, sentence);
  }

  int exitCode() {
    return exitCode;
  }

  String sentence() {
    return String.valueOf(getMessage());
  }
}
