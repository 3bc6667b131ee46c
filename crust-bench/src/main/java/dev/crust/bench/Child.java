package dev.crust.bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The program that a {@link ChildProcess} runs: it answers until its input ends. */
final class Child {
  /** One side of a measurement. */
  interface Role extends AutoCloseable {
    /** Answers a line with a line. */
    String answer(List<String> words) throws Exception;

    @Override
    void close();
  }

  private Child() {}

  /** Plays the role that the first argument names. */
  public static void main(String[] arguments) throws Exception {
    List<String> words = List.of(arguments);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (Role role = role(words.get(0), words.subList(1, words.size()));
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        out.println(role.answer(List.of(line.split(" ", -1))));
      }
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
    System.exit(0);
  }

  private static Role role(String name, List<String> arguments) throws Exception {
    return switch (name) {
      case Scales.NAME -> new Scales(arguments);
      case IdleSide.NAME -> new IdleSide(arguments);
      case BusyReceiver.NAME -> new BusyReceiver(arguments);
      case BusySender.NAME -> new BusySender(arguments);
      default -> throw new IllegalArgumentException("there is no role '" + name + "'");
    };
  }
}
