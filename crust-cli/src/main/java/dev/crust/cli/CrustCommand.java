package dev.crust.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code crust} itself: the roof over the commands. */
@Command(
    name = "crust",
    mixinStandardHelpOptions = true,
    versionProvider = CrustCommand.Version.class,
    description = "Reliable, encrypted peer-to-peer connections between any two machines.",
    synopsisSubcommandLabel = "COMMAND")
final class CrustCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Missing command: one of " + String.join(", ", spec.subcommands().keySet()));
  }

  /** The version that the jar states. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = CrustCommand.class.getPackage().getImplementationVersion();
      return new String[] {"crust " + (version == null ? "(built from source)" : version)};
    }
  }
}
