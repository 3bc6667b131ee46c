package dev.crust.natlab;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.natlab.cli.NatlabCommand;
import dev.crust.natlab.junit.NatLab;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The samples of the README work as they stand. */
final class ReadmeTest {
  private static final Path README = Path.of("README.md");
  private static final Path SOURCE = Path.of("src/test/java/dev/crust/natlab/NatTest.java");

  /** A command at the prompt, with the lines of its here-document. */
  private static final Pattern COMMAND = Pattern.compile("(?m)^\\$ (.*<<END\\R(?:.*\\R)*?END|.*)$");

  @Test
  void the_test_is_one_that_runs() throws IOException {
    String source = Files.readString(SOURCE);
    String sample = block("java");
    assertThat(source).endsWith(sample);
    assertThat(sample.lines()).hasSizeLessThanOrEqualTo(15);
  }

  /** In namespaces of its own, since a session speaks of the only lab there is. */
  @Test
  @NatLab("public server coturn\nhome bob symmetric upnp")
  void the_shell_session_is_as_shown(@TempDir Path directory) throws Exception {
    String session = block("console");
    String commands =
        COMMAND.matcher(session).results().map(it -> it.group(1)).collect(joining("\n"));
    String apart = "mount -t tmpfs tmpfs /run\nPATH=" + launcher(directory) + ":$PATH\n";
    Process shell =
        new ProcessBuilder("unshare", "-mnpf", "--mount-proc", "sh", "-e", "-c", apart + commands)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .start();
    String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(shell.exitValue()).as(said).isZero();
    String shown = COMMAND.matcher(session).replaceAll("").strip();
    assertThat(shown.lines().findFirst().orElseThrow()).matches("nl[0-9a-f]{6}");
    assertThat(said).containsPattern("(?m)^nl[0-9a-f]{6}$");
    assertThat(said).contains(shown.lines().skip(1).toList());
    assertThat(said).contains("Endpoint Independent Mapping", "masquerade");
  }

  /** A directory with the command in it, run from our class path. */
  private static Path launcher(Path directory) throws IOException {
    Path command = Files.createDirectory(directory.resolve("bin")).resolve("crust-natlab");
    Files.writeString(
        command,
        "#!/bin/sh\nexec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '%s' '%s' \"$@\"\n"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                NatlabCommand.class.getName()));
    Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
    return command.getParent();
  }

  private static String block(String language) throws IOException {
    return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(README))
        .results()
        .map((MatchResult it) -> it.group(1))
        .findFirst()
        .orElseThrow();
  }
}
