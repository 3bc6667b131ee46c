package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code in the README compiles as it stands. */
final class ReadmeTest {
  private static final Path README = Path.of("..", "README.md");
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void samplesCompile(@TempDir Path directory) throws Exception {
    List<String> samples =
        JAVA.matcher(Files.readString(README))
            .results()
            .map((MatchResult r) -> r.group(1))
            .toList();
    assertThat(samples).isNotEmpty();
    for (String sample : samples) {
      Path source = directory.resolve("Sample.java");
      Files.writeString(
          source,
          "import dev.crust.*;\nfinal class Sample {\n static void run() throws Exception {\n"
              + sample
              + "}\n}\n");
      Process javac =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "javac").toString(),
                  "-proc:none",
                  "-implicit:none",
                  "-classpath",
                  Path.of("target", "classes").toString(),
                  "-d",
                  directory.toString(),
                  source.toString())
              .redirectErrorStream(true)
              .start();
      String complaints = new String(javac.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(javac.waitFor()).as(complaints).isZero();
    }
  }

  @Test
  void firstCodeIsOnTheFirstScreen() throws IOException {
    List<String> firstScreen = Files.readAllLines(README).subList(0, 25);
    assertThat(firstScreen).contains("```sh", "```java");
    assertThat(firstScreen.stream().filter("```"::equals)).hasSize(2);
  }
}
