package dev.crust.cli;

import dev.crust.ConnectionLostException;
import dev.crust.StreamResetException;
import java.io.IOException;

/**
 * Why a command line gives a stream up: the codes of its resets, and what they mean to a person.
 */
enum StreamTrouble {
  /** Nobody is interested any more. */
  DONE(0, "the other side wants no more"),
  /** The node was not told to take such streams. */
  NOT_SERVED(1, "the node does not take this; start it with --accept-stdio or --accept-bench"),
  /** One at a time. */
  BUSY(2, "the node is busy with another stream; try again when that one has ended"),
  /** Its output is gone. */
  OUTPUT_BROKEN(3, "nobody reads the other side's standard output any more; start it again"),
  /** Its input is gone. */
  INPUT_BROKEN(4, "the other side's standard input cannot be read to its end; start it again");

  private final int code;
  private final String sentence;

  StreamTrouble(int code, String sentence) {
    this.code = code;
    this.sentence = sentence;
  }

  int code() {
    return code;
  }

  /** What became of a stream, and what to try. */
  static String of(IOException e) {
    if (e instanceof StreamResetException reset) {
      for (StreamTrouble trouble : values()) {
        if (trouble.code == reset.code()) {
          return trouble.sentence;
        }
      }
      return "the other side gave the stream up with code " + reset.code() + "; try again";
    }
    if (e.getCause() instanceof ConnectionLostException lost) {
      return "the connection was lost: " + lost.getMessage() + "; try again";
    }
    return e.getMessage() + "; try again";
  }
}
