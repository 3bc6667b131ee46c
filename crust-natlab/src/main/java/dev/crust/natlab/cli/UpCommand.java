package dev.crust.natlab.cli;

import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.kernel.LabException;
import dev.crust.natlab.scenario.Scenario;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "up",
    description = "Brings a scenario up, prints the lab's prefix and the hosts' addresses.")
final class UpCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The scenario, - for standard input.")
  private String file = "-";

  @Option(names = "--logs", description = "Where output and captures go.")
  private Path logs = Path.of("natlab-logs");

  @Override
  public Integer call() throws IOException {
    Lab.missing()
        .ifPresent(
            reason -> {
              throw new LabException(reason);
            });
    String text =
        file.equals("-")
            ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
            : Files.readString(Path.of(file));
    Lab lab = Lab.keep(Scenario.parse(text), logs);
    System.out.println(lab.prefix());
    for (String host : lab.scenario().hosts()) {
      System.out.print(host);
      lab.addressing().host(host).forEach(each -> System.out.print(" " + each.getHostAddress()));
      System.out.println();
    }
    return 0;
  }
}
