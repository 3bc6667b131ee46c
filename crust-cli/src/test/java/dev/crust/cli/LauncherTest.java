package dev.crust.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./crust} in a tree of its own, whose Maven and Java only say what they were asked. */
final class LauncherTest {
  private static final String BUILDING = "crust: building the command line";

  private final Path temp;
  private final Path root;
  private final Path jar;

  private record Result(int code, String out, String err) {}

  LauncherTest(@TempDir Path temp) {
    this.temp = temp;
    this.root = temp.resolve("a tree");
    this.jar = root.resolve("crust-cli/target/crust-cli.jar");
  }

  @BeforeEach
  void plant() throws IOException {
    for (String module : List.of("crust-lib", "crust-cli")) {
      Files.createDirectories(root.resolve(module).resolve("src/main"));
      Files.writeString(root.resolve(module).resolve("pom.xml"), "");
    }
    Files.writeString(root.resolve("pom.xml"), "");
    Files.writeString(root.resolve("crust-lib/src/main/A.java"), "");
    Files.copy(Path.of("..", "crust"), root.resolve("crust"));
    makeExecutable(root.resolve("crust"));
    script(
        "bin/mvn",
        "echo built >> ../builds",
        "[ ! -f ../broken ] || { echo 'no such symbol'; exit 1; }",
        "mkdir -p crust-cli/target && touch crust-cli/target/crust-cli.jar");
    script("jdk/bin/java", "for word; do echo \"$word\"; done");
    release("17.0.15");
  }

  private void script(String name, String... lines) throws IOException {
    Path file = temp.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    makeExecutable(file);
  }

  private static void makeExecutable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void release(String version) throws IOException {
    Files.writeString(temp.resolve("jdk/release"), "JAVA_VERSION=\"" + version + "\"\n");
  }

  private Result run(Path launcher, Path directory, String... args) {
    try {
      Path err = Files.createTempFile(temp, "stderr", ".txt");
      List<String> command = new ArrayList<>(List.of(launcher.toString()));
      command.addAll(List.of(args));
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(directory.toFile()).redirectError(err.toFile());
      builder.environment().put("JAVA_HOME", temp.resolve("jdk").toString());
      builder
          .environment()
          .merge("PATH", "", (path, none) -> temp.resolve("bin") + File.pathSeparator + path);
      Process process = builder.start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.onExit().orTimeout(30, TimeUnit.SECONDS).join().exitValue();
      return new Result(code, out, Files.readString(err));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Result run(String... args) {
    return run(root.resolve("crust"), root, args);
  }

  private long builds() throws IOException {
    return Files.readAllLines(temp.resolve("builds")).size();
  }

  @Test
  void itBuildsOnceAndPassesTheArgumentsOn() throws IOException {
    Result first = run("node", "--network", "two words");
    assertThat(first.err.lines()).as(first.err).hasSize(1);
    assertThat(first.err).startsWith(BUILDING);
    assertThat(first.out.lines())
        .containsExactly("-jar", jar.toRealPath().toString(), "node", "--network", "two words");
    assertThat(run("node").err).isEmpty();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aNewerSourceIsBuilt() throws IOException {
    run("node");
    FileTime longAgo = FileTime.from(Instant.now().minusSeconds(3600));
    try (Stream<Path> target = Files.list(jar.getParent())) {
      for (Path file : target.toList()) {
        Files.setLastModifiedTime(file, longAgo);
      }
    }
    assertThat(run("node").err).startsWith(BUILDING);
    assertThat(run("node").err).isEmpty();
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void aBuildThatChangesNothingIsNotRepeated() throws IOException {
    run("node");
    FileTime longAgo = FileTime.from(Instant.now().minusSeconds(3600));
    Files.setLastModifiedTime(jar, longAgo);
    assertThat(run("node").err).as("the stamp says when it was built").isEmpty();
  }

  @Test
  void aBrokenBuildIsShown() throws IOException {
    Files.writeString(temp.resolve("broken"), "");
    Result result = run("node");
    assertThat(result.code).isEqualTo(1);
    assertThat(result.out).isEmpty();
    assertThat(result.err).contains("no such symbol").contains("the build failed");
  }

  @Test
  void twoAtOnceBuildOnce() throws IOException {
    List<CompletableFuture<Result>> both =
        Stream.of("node", "identity")
            .map(command -> CompletableFuture.supplyAsync(() -> run(command)))
            .toList();
    assertThat(both).allSatisfy(it -> assertThat(it.join().code).isZero());
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void itMayBeCalledFromAnywhereAndThroughLinks() throws IOException {
    Path link = temp.resolve("bin/crust");
    Files.createSymbolicLink(link, Path.of("../a tree/crust"));
    Path other = Files.createSymbolicLink(temp.resolve("other"), link);
    Result result = run(other, Path.of("/"), "node");
    assertThat(result.code).as(result.err).isZero();
    assertThat(result.out.lines()).contains(jar.toRealPath().toString());
  }

  @Test
  void aNewJavaIsToldThatNativeLibrariesAreMeant() throws IOException {
    release("25.0.1");
    assertThat(run("node").out.lines())
        .startsWith("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
  }

  @Test
  void anOldJavaOrNoneIsRefused() throws IOException {
    release("11.0.2");
    Result old = run("node");
    assertThat(old.code).isEqualTo(1);
    assertThat(old.err.lines()).hasSize(1);
    assertThat(old.err).contains("is Java 11").contains("17");
    Files.delete(temp.resolve("jdk/bin/java"));
    Result none = run("node");
    assertThat(none.code).isEqualTo(1);
    assertThat(none.err.lines()).hasSize(1);
    assertThat(none.err).contains("no Java").contains("JAVA_HOME");
  }
}
