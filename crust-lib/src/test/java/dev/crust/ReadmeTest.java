package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** The code in the README compiles as it stands. */
final class ReadmeTest {
  private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void samplesCompile() throws IOException {
    Path readme = Path.of("..", "README.md");
    List<String> samples =
        JAVA.matcher(Files.readString(readme))
            .results()
            .map((MatchResult r) -> r.group(1))
            .toList();
    assertThat(samples).isNotEmpty();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    for (String sample : samples) {
      StringWriter complaints = new StringWriter();
      List<String> options = new ArrayList<>(List.of("-proc:none", "-d", "target/readme"));
      options.addAll(List.of("-classpath", "target/classes"));
      Files.createDirectories(Path.of("target/readme"));
      boolean compiled =
          compiler
              .getTask(complaints, null, null, options, null, List.of(new Source(sample)))
              .call();
      assertThat(compiled).as(complaints.toString()).isTrue();
    }
  }

  @Test
  void firstCodeIsOnTheFirstScreen() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("..", "README.md"));
    assertThat(lines.subList(0, 25)).contains("```sh", "```java");
    assertThat(lines.subList(0, 25).stream().filter("```"::equals)).hasSize(2);
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String sample;

    Source(String sample) {
      super(URI.create("string:///Sample.java"), JavaFileObject.Kind.SOURCE);
      this.sample = sample;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return "import dev.crust.*;\nfinal class Sample {\n static void run() throws Exception {\n"
          + sample
          + "}\n}\n";
    }
  }
}
