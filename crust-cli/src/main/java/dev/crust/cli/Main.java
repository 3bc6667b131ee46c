package dev.crust.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;

/** The program. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    // Nobody records Netty's buffers here, and to offer it takes long at the start.
    System.setProperty("io.netty.jfr.enabled", "false");
    System.exit(run(Streams.ofProcess(Ansi.AUTO.enabled()), args));
  }

  /** Runs one command: 0 if it succeeded, 1 if it failed, 2 if it makes no sense. */
  static int run(Streams streams, String... args) {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("identity", () -> new IdentityCommand(streams));
    commands.put("node", () -> new NodeCommand(streams));
    commands.put("ping", () -> new PingCommand(streams));
    commands.put("connect", () -> new ConnectCommand(streams));
    commands.put("bench", () -> new BenchCommand(streams));
    commands.put("discover", () -> new DiscoverCommand(streams));
    if (args.length > 0 && commands.containsKey(args[0])) {
      // Reading what a command looks like takes time, which the others need not cost.
      commands.keySet().retainAll(Set.of(args[0]));
    }
    CommandLine line = new CommandLine(new CrustCommand());
    commands.values().forEach(command -> line.addSubcommand(command.get()));
    line.setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8));
    line.setExpandAtFiles(false);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setOverwrittenOptionsAllowed(false);
    line.setUsageHelpAutoWidth(true);
    line.setParameterExceptionHandler((e, ignored) -> refuse(streams, e));
    line.setExecutionExceptionHandler((e, ignored, result) -> fail(streams, e));
    return line.execute(args);
  }

  private static int refuse(Streams streams, ParameterException e) {
    String name = e.getCommandLine().getCommandSpec().qualifiedName();
    String message = String.valueOf(e.getMessage()).replaceFirst("^Error: ", "");
    streams.say(message + " (" + name + " --help tells more)");
    return CommandFailure.USAGE;
  }

  private static int fail(Streams streams, Exception e) throws Exception {
    if (e instanceof CommandFailure failure) {
      streams.say(failure.sentence());
      return failure.exitCode();
    }
    throw e;
  }
}
