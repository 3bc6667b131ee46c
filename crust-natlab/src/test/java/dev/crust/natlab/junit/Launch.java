package dev.crust.natlab.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs one class of tests in a JVM of its own, whose environment may be a poor one. */
public final class Launch {
  private static final int PATIENCE_SECONDS = 60;

  private Launch() {}

  /** What the JVM printed: a line for each test that was skipped or ended, and all that it says. */
  public static String of(
      Class<?> tests, List<String> by, Map<String, String> environment, String... jvmOptions)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(by);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of(jvmOptions));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Launch.class.getName()));
    command.add(tests.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // Whether the build itself runs under CI is not to matter here.
    builder.environment().remove("CI");
    builder.environment().putAll(environment);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("the JVM does not end: " + said);
    }
    return said;
  }

  /** Runs the tests of the class of this name. */
  public static void main(String... names) throws Exception {
    LauncherFactory.create()
        .execute(request().selectors(selectClass(Class.forName(names[0]))).build(), new Reporter());
  }

  private static final class Reporter implements TestExecutionListener {
    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      System.out.println("SKIPPED " + test.getDisplayName() + ": " + reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (test.isTest() || result.getThrowable().isPresent()) {
        String why = result.getThrowable().map(each -> ": " + each.getMessage()).orElse("");
        System.out.println(result.getStatus() + " " + test.getDisplayName() + why);
      }
    }
  }
}
