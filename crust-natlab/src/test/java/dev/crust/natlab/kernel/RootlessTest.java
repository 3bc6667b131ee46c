package dev.crust.natlab.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.crust.natlab.scenario.Scenario;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A lab needs no root: a user namespace does. */
final class RootlessTest {
  /** All that is left to this root is to be mapped as itself, as others may be without it. */
  private static final List<String> WITHOUT_RIGHTS =
      List.of("setpriv", "--bounding-set=-all,+setfcap");

  @Test
  void a_lab_in_a_user_namespace() throws Exception {
    boolean must = "true".equals(System.getenv("CI"));
    assumeTrue(
        must || run("unshare", "-Urmn", "true").isEmpty(), "this kernel forbids user namespaces");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String lab =
        "mount -t tmpfs tmpfs /run && exec %s -cp '%s' '%s'"
            .formatted(java, System.getProperty("java.class.path"), Tiny.class.getName());

    assertThat(run("unshare", "-Urmn", "--pid", "--fork", "--mount-proc", "sh", "-c", lab))
        .contains("1 received");
  }

  /** Runs a command as one without any capability would; what it says. */
  private static String run(String... command) throws Exception {
    List<String> words = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      words.addAll(WITHOUT_RIGHTS);
    }
    words.addAll(List.of(command));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return said;
  }

  /** Brings a lab up in which a home reaches a public host. */
  static final class Tiny {
    private Tiny() {}

    public static void main(String... arguments) throws Exception {
      try (Lab lab = Lab.up(Scenario.parse("public relay\nhome alice port-restricted\n"))) {
        HostProcess ping = lab.host("alice").start("ping", "-c", "1", "198.51.100.1");
        ping.await(Duration.ofSeconds(10));
        System.out.println(ping.output());
      }
    }
  }
}
