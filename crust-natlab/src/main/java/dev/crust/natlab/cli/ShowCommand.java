package dev.crust.natlab.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "show", description = "Prints a router's rules, mappings and connections.")
final class ShowCommand implements Callable<Integer> {
  @Option(names = "--lab", description = "The lab's prefix, if several are up.")
  private String prefix = "";

  @Parameters(paramLabel = "ROUTER", description = "A home or carrier.")
  private String router = "";

  @Override
  public Integer call() {
    System.out.print(NatlabCommand.lab(prefix).tables(router));
    return 0;
  }
}
