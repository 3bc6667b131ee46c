package dev.crust.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code crust-bench}: measures, and prints the figures as they come. */
@Command(
    name = "crust-bench",
    description = "What the library costs on top of Netty and TLS.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class BenchCommand implements Callable<Integer> {
  private final PrintWriter out;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "WHAT",
      description = "What to measure, all unless said: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private List<String> names = List.of();

  @Option(names = "--json", description = "A JSON object a line instead of a table.")
  private boolean json;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "7",
      description = "How often each side is measured; ${DEFAULT-VALUE} unless said.")
  private int rounds;

  @Option(
      names = "--mib",
      paramLabel = "N",
      defaultValue = "1024",
      description =
          "MiB in a transfer over TCP, a quarter of it over QUIC; ${DEFAULT-VALUE} unless said.")
  private int mebibytes;

  @Option(
      names = "--round-trips",
      paramLabel = "N",
      defaultValue = "5000",
      description = "Round trips in a round; ${DEFAULT-VALUE} unless said.")
  private int roundTrips;

  @Option(
      names = "--heap",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Idle connections whose heap is weighed; ${DEFAULT-VALUE} unless said.")
  private int heapConnections;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Seconds of urgent messages beside a bulk stream, in a round; ${DEFAULT-VALUE} unless said.")
  private int seconds;

  @Option(
      names = "--idle",
      paramLabel = "N",
      defaultValue = "5000",
      description = "Idle connections that two processes hold; ${DEFAULT-VALUE} unless said.")
  private int heldConnections;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "5",
      description = "Minutes for which they are held, 0.05 is 3 s; ${DEFAULT-VALUE} unless said.")
  private double minutes;

  private BenchCommand(PrintWriter out) {
    this.out = out;
  }

  /**
   * Runs the command and exits: 0 measured, 1 something could not be measured, 2 not understood.
   */
  public static void main(String... arguments) {
    System.exit(run(new PrintWriter(System.out, true, StandardCharsets.UTF_8), arguments));
  }

  static int run(PrintWriter out, String... arguments) {
    return new CommandLine(new BenchCommand(out))
        .setOut(out)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(
            (e, ignored) -> {
              String message = String.valueOf(e.getMessage());
              System.err.println("crust-bench: " + message + " (crust-bench --help tells more)");
              return CommandLine.ExitCode.USAGE;
            })
        .execute(arguments);
  }

  @Override
  public Integer call() throws Exception {
    Sizes sizes = sizes();
    List<Question> questions = questions();
    Report report = json ? new JsonLines(out) : new Table(out);
    report.begin(machine());
    int code = CommandLine.ExitCode.OK;
    for (Question question : questions) {
      System.err.println("crust-bench: measuring " + question);
      if (!measure(question, sizes, report)) {
        code = CommandLine.ExitCode.SOFTWARE;
      }
    }
    return code;
  }

  private static boolean measure(Question question, Sizes sizes, Report report)
      throws IOException, InterruptedException {
    try {
      for (Figure figure : question.measurement(sizes).measure()) {
        report.figure(figure);
      }
      return true;
    } catch (InterruptedException e) {
      throw e;
    } catch (UnavailableException e) {
      report.failed(question.toString(), e.getMessage());
    } catch (Exception e) {
      // The others can still be measured.
      report.failed(question.toString(), e.toString());
      e.printStackTrace();
    }
    return false;
  }

  private Sizes sizes() {
    return new Sizes(
        within("--rounds", rounds, 1, 1000),
        (long) within("--mib", mebibytes, 1, 1 << 16) << 20,
        within("--round-trips", roundTrips, 1, 10_000_000),
        within("--heap", heapConnections, 1, 100_000),
        within("--idle", heldConnections, 1, 100_000),
        Duration.ofMillis((long) (60_000 * within("--minutes", minutes, 0.01, 24 * 60))),
        Duration.ofSeconds(within("--seconds", seconds, 1, 3600)));
  }

  private int within(String option, int value, int least, int most) {
    within(option, (double) value, least, most);
    return value;
  }

  private double within(String option, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new ParameterException(
          spec.commandLine(),
          "%s is %s to %s, not %s"
              .formatted(option, Table.number(least), Table.number(most), Table.number(value)));
    }
    return value;
  }

  /** A load that is not ours makes figures worthless. */
  private static String machine() {
    OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
    return String.format(
        Locale.ROOT,
        "Java %s, %d processors with a load of %.1f, %s %s %s",
        Runtime.version(),
        system.getAvailableProcessors(),
        system.getSystemLoadAverage(),
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        System.getProperty("os.arch"));
  }

  private List<Question> questions() {
    List<Question> questions = new ArrayList<>();
    for (String name : names) {
      Question question =
          Arrays.stream(Question.values())
              .filter(it -> it.toString().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new ParameterException(
                          spec.commandLine(), "'" + name + "' is nothing that can be measured"));
      questions.add(question);
    }
    return questions.isEmpty() ? List.of(Question.values()) : questions;
  }

  /** Everything that can be measured, as it is typed. */
  private static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(Question.values()).map(Question::toString).iterator();
    }
  }
}
