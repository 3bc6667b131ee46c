import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Counts what Surefire has reported since the build began, and says how many tests ran and how many were skipped and
 * why. Fails if Netty's leak detector has spoken, or if no test ran.
 */
final class Summary {
  private int run;
  private int failed;
  private int skipped;
  private final Map<String, Integer> reasons = new TreeMap<>();
  private final List<String> leaks = new ArrayList<>();

  public static void main(String[] arguments) throws Exception {
    Summary summary = new Summary();
    Instant began = Instant.parse(arguments[1]);
    for (Path report : reports(Path.of(arguments[0]))) {
      if (!Files.getLastModifiedTime(report).toInstant().isBefore(began)) {
        summary.add(report);
      }
    }
    summary.print();
    System.exit(summary.leaks.isEmpty() && summary.run > 0 ? 0 : 1);
  }

  private static List<Path> reports(Path root) throws IOException {
    try (Stream<Path> modules = Files.list(root)) {
      List<Path> found = new ArrayList<>();
      for (Path directory : modules.map(m -> m.resolve("target/surefire-reports")).toList()) {
        if (Files.isDirectory(directory)) {
          try (Stream<Path> files = Files.list(directory)) {
            files.filter(f -> f.getFileName().toString().matches("TEST-.*\\.xml")).forEach(found::add);
          }
        }
      }
      return found;
    }
  }

  private void add(Path report) throws Exception {
    Element suite =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getDocumentElement();
    // The suite's own totals leave out what a parameterized class has run.
    int skippedHere = count(suite, "skipped");
    int failedHere = count(suite, "failure") + count(suite, "error");
    run += count(suite, "testcase") - skippedHere;
    failed += failedHere;
    skipped += skippedHere;
    NodeList skips = suite.getElementsByTagName("skipped");
    for (int i = 0; i < skips.getLength(); i++) {
      reasons.merge(reason((Element) skips.item(i)), 1, Integer::sum);
    }
    if (Files.readString(report).contains("LEAK: ")) {
      leaks.add(suite.getAttribute("name"));
    }
  }

  private static int count(Element suite, String name) {
    return suite.getElementsByTagName(name).getLength();
  }

  /** A failed assumption has its reason in the first line of the text alone. */
  private static String reason(Element skip) {
    String message = skip.getAttribute("message");
    return message.isEmpty()
        ? skip.getTextContent().strip().lines().findFirst().orElse("").replaceFirst("^.*?: ", "")
        : message;
  }

  private void print() {
    leaks.forEach(suite -> System.out.println("a buffer leaked in " + suite));
    reasons.forEach((reason, count) -> System.out.println(count + " skipped: " + reason));
    System.out.printf("Tests: %d passed, %d failed, %d skipped%n", run - failed, failed, skipped);
  }
}
