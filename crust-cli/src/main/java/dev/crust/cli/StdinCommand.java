package dev.crust.cli;

import dev.crust.CrustAddress;
import dev.crust.PeerId;

/** What a user may tell a running node: one line on its standard input. */
sealed interface StdinCommand {
  record Peers() implements StdinCommand {}

  record Connect(CrustAddress address) implements StdinCommand {}

  record Ping(PeerId peer, int count) implements StdinCommand {}

  record Send(PeerId peer, String text) implements StdinCommand {}

  record Drop(PeerId peer) implements StdinCommand {}

  record Report() implements StdinCommand {}

  record Help() implements StdinCommand {}

  record Quit() implements StdinCommand {}

  /** What {@link Help} says. */
  String HELP =
      """
      peers             who is connected
      connect ADDR      connect to a crust address, or to a peer id heard on the LAN
      ping PEERID [N]   measure N round trips (1)
      send PEERID TEXT  send a message
      drop PEERID       close the connection, and do not dial that peer again
      report            how this endpoint is
      help              this
      quit              close everything and end""";

  /** The first word of a line. */
  static String word(String line) {
    return line.strip().split("\\s+", 2)[0];
  }

  /**
   * Reads a line that is not blank.
   *
   * @throws IllegalArgumentException if it makes no sense; the message says why
   */
  static StdinCommand parse(String line) {
    String word = word(line);
    String rest = line.strip().substring(word.length()).stripLeading();
    return switch (word) {
      case "peers" -> alone(new Peers(), rest);
      case "connect" -> new Connect(CrustAddress.parse(needed(rest, "an address")));
      case "ping" -> ping(needed(rest, "a peer id"));
      case "send" -> send(needed(rest, "a peer id"));
      case "drop" -> new Drop(PeerId.parse(needed(rest, "a peer id")));
      case "report" -> alone(new Report(), rest);
      case "help" -> alone(new Help(), rest);
      case "quit" -> alone(new Quit(), rest);
      case "block", "unblock" -> throw new IllegalArgumentException("not in this version");
      default -> throw new IllegalArgumentException("no such command; 'help' names them all");
    };
  }

  private static StdinCommand alone(StdinCommand command, String rest) {
    if (!rest.isEmpty()) {
      throw new IllegalArgumentException("it takes nothing, not '" + rest + "'");
    }
    return command;
  }

  private static String needed(String rest, String what) {
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("it needs " + what);
    }
    return rest;
  }

  private static StdinCommand ping(String rest) {
    String[] words = rest.split("\\s+", 3);
    if (words.length > 2 || (words.length == 2 && !words[1].matches("[1-9][0-9]{0,3}"))) {
      throw new IllegalArgumentException(
          "after the peer id comes a number from 1 to 9999, or nothing");
    }
    return new Ping(PeerId.parse(words[0]), words.length == 2 ? Integer.parseInt(words[1]) : 1);
  }

  private static StdinCommand send(String rest) {
    String[] words = rest.split("\\s+", 2);
    if (words.length < 2) {
      throw new IllegalArgumentException("it needs a text after the peer id");
    }
    return new Send(PeerId.parse(words[0]), words[1]);
  }
}
