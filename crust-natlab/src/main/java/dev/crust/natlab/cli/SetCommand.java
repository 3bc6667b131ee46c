package dev.crust.natlab.cli;

import dev.crust.natlab.scenario.Scenario;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "set",
    description = "Lets something happen, such as 'bob nat symmetric' or 'alice down'.")
final class SetCommand implements Callable<Integer> {
  @Option(names = "--lab", description = "The lab's prefix, if several are up.")
  private String prefix = "";

  @Parameters(arity = "1..*", paramLabel = "HAPPENING")
  private List<String> words = List.of();

  @Override
  public Integer call() {
    NatlabCommand.lab(prefix).happen(Scenario.parseHappening(String.join(" ", words)));
    return 0;
  }
}
