package dev.crust.natlab.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code crust-natlab} in a tree of its own, whose Maven and Java only say what they were asked.
 */
final class LauncherTest {
  private static final String BUILDING = "crust-natlab: building the NAT lab";

  private final Path temp;
  private final Path root;
  private final Path launcher;

  LauncherTest(@TempDir Path temp) {
    this.temp = temp;
    this.root = temp.resolve("a tree");
    this.launcher = root.resolve("crust-natlab/crust-natlab");
  }

  @BeforeEach
  void plant() throws IOException {
    for (String module : List.of("crust-lib", "crust-natlab")) {
      Files.createDirectories(root.resolve(module).resolve("src/main"));
      Files.writeString(root.resolve(module).resolve("pom.xml"), "");
    }
    Files.writeString(root.resolve("pom.xml"), "");
    Files.copy(Path.of("crust-natlab"), launcher);
    executable(launcher);
    script(
        "bin/mvn",
        "[ ! -f ../broken ] || { echo 'no such symbol'; exit 1; }",
        "mkdir -p crust-natlab/target && touch crust-natlab/target/crust-natlab.jar");
    script("jdk/bin/java", "for word; do echo \"$word\"; done; cat");
  }

  @Test
  void it_is_built_once_and_again_when_a_source_is_newer() throws Exception {
    assertThat(run(launcher, "list")).contains(BUILDING);
    assertThat(run(launcher, "list")).doesNotContain(BUILDING);

    Path source = root.resolve("crust-lib/src/main/A.java");
    Files.writeString(source, "");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(5)));
    assertThat(run(launcher, "list")).contains(BUILDING);
  }

  @Test
  void words_and_input_are_passed_on_also_through_a_link() throws Exception {
    Path link = Files.createSymbolicLink(temp.resolve("lab"), launcher);
    assertThat(run(link, "exec", "alice", "sh", "-c", "echo 'a  b'"))
        .endsWith("crust-natlab.jar\nexec\nalice\nsh\n-c\necho 'a  b'\npublic relay\n");
  }

  @Test
  void a_build_that_fails_is_told() throws Exception {
    Files.writeString(temp.resolve("broken"), "");
    assertThat(run(launcher, "list")).contains("no such symbol").doesNotContain("-jar");
  }

  private String run(Path program, String... words) throws Exception {
    Path input = Files.writeString(temp.resolve("scenario"), "public relay\n");
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectInput(input.toFile());
    builder.environment().put("JAVA_HOME", temp.resolve("jdk").toString());
    builder
        .environment()
        .merge("PATH", temp.resolve("bin").toString(), (old, bin) -> bin + ":" + old);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  private void script(String name, String... lines) throws IOException {
    Path file = temp.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    executable(file);
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
