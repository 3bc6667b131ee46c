package dev.crust.natlab.cli;

import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.kernel.LabException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command {@code crust-natlab}: its subcommands, and how it ends. */
@Command(
    name = "crust-natlab",
    description = "Real NATs on one machine, to test peer-to-peer programs on.",
    mixinStandardHelpOptions = true,
    subcommands = {
      UpCommand.class,
      ExecCommand.class,
      SetCommand.class,
      ShowCommand.class,
      DownCommand.class,
      ListCommand.class,
      ProbeCommand.class,
      VerifyCommand.class
    })
public final class NatlabCommand {
  private NatlabCommand() {}

  /**
   * Runs the command and exits: 0 done, 1 failed, 2 not understood; {@code exec} as its program.
   */
  public static void main(String... arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    return new CommandLine(new NatlabCommand())
        // What follows the host's name belongs to the program to be run there.
        .setStopAtPositional(true)
        .setExecutionExceptionHandler(
            (failure, command, result) -> {
              if (failure instanceof LabException || failure instanceof IllegalArgumentException) {
                command.getErr().println(failure.getMessage());
                return 1;
              }
              throw failure;
            })
        .execute(arguments);
  }

  /** The lab of that prefix or, without one, the only lab. */
  static Lab lab(String prefix) {
    List<String> running = Lab.running();
    if (!prefix.isEmpty()) {
      return Lab.attach(prefix);
    }
    if (running.size() != 1) {
      throw new LabException(
          running.isEmpty()
              ? "no lab is up"
              : "several labs are up, name one by --lab: " + String.join(" ", running));
    }
    return Lab.attach(running.get(0));
  }
}
