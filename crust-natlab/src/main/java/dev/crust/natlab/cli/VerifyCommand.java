package dev.crust.natlab.cli;

import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.kernel.LabException;
import dev.crust.natlab.verify.Verification;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "verify",
    description =
        "Measures every NAT type and every pair in kernel and simulator and prints both beside what"
            + " is expected. Exits with 1 if anything differs.")
final class VerifyCommand implements Callable<Integer> {
  @Option(names = "--quick", description = "Leaves out the lifetimes of mappings (3 minutes).")
  private boolean quick;

  @Override
  public Integer call() throws Exception {
    Lab.missing()
        .ifPresent(
            reason -> {
              throw new LabException(reason);
            });
    Verification seen = Verification.of(!quick);
    seen.lines().forEach(System.out::println);
    System.out.println(seen.lines().size() + " cells, " + seen.differences().size() + " differ");
    return seen.differences().isEmpty() ? 0 : 1;
  }
}
