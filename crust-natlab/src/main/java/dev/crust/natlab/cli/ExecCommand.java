package dev.crust.natlab.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "exec",
    description = "Runs a program on a host, or on a router by its name and '.router'.")
final class ExecCommand implements Callable<Integer> {
  @Option(names = "--lab", description = "The lab's prefix, if several are up.")
  private String prefix = "";

  @Parameters(index = "0", paramLabel = "HOST")
  private String host = "";

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "CMD")
  private List<String> command = List.of();

  @Override
  public Integer call() throws Exception {
    return NatlabCommand.lab(prefix).host(host).attach(command).waitFor();
  }
}
