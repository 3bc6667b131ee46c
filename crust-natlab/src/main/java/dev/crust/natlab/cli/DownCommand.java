package dev.crust.natlab.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "down", description = "Ends a lab and all that runs in it.")
final class DownCommand implements Callable<Integer> {
  @Option(names = "--lab", description = "The lab's prefix, if several are up.")
  private String prefix = "";

  @Override
  public Integer call() {
    NatlabCommand.lab(prefix).close();
    return 0;
  }
}
