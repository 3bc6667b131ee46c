package dev.crust.cli;

import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** What a command prints, and how. */
final class OutputOptions {
  @Option(names = "--json", description = "one JSON object a line on standard output")
  private boolean json;

  @ArgGroup private Amount amount = new Amount();

  /** One of them. */
  static final class Amount {
    @Option(
        names = {"-v", "--verbose"},
        description = "tell more")
    private boolean verbose;

    @Option(
        names = {"-q", "--quiet"},
        description = "tell answers and failures only")
    private boolean quiet;
  }

  Verbosity verbosity() {
    return amount.verbose ? Verbosity.VERBOSE : amount.quiet ? Verbosity.QUIET : Verbosity.NORMAL;
  }

  boolean json() {
    return json;
  }

  /** Standard output as these options say; the log on standard error follows them, too. */
  Output output(Streams streams) {
    quietLog();
    return json
        ? new Output(streams.out(), JsonLines::of)
        : new Output(streams.out(), new TextLines(streams.colours(), verbosity())::of);
  }

  /** Lines for people on standard error, where standard output is taken. */
  Output errorOutput(Streams streams) {
    quietLog();
    return new Output(streams.err(), new TextLines(false, verbosity())::of);
  }

  private void quietLog() {
    Logger.getLogger("").setLevel(verbosity() == Verbosity.VERBOSE ? Level.INFO : Level.SEVERE);
  }
}
