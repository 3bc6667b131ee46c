package dev.crust.natlab.cli;

import dev.crust.natlab.kernel.Lab;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "list", description = "Prints the labs that are up, each with its scenario.")
final class ListCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    for (String prefix : Lab.running()) {
      System.out.println(prefix);
      System.out.print(Lab.attach(prefix).scenario().text().indent(2));
    }
    return 0;
  }
}
