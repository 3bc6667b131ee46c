package dev.crust.cli;

/** How much a person wants to be told. */
enum Verbosity {
  /** Answers and failures only. */
  QUIET,
  /** What happens. */
  NORMAL,
  /** And how it came about. */
  VERBOSE
}
