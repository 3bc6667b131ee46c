package dev.crust.natlab.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.scenario.Scenario;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

@NatLab
final class OrphanTest {
  private static final String SCENARIO = "public relay\nhome alice linux\n";

  @Test
  void a_killed_owners_lab_is_removed_by_the_next_one_and_a_living_ones_stays(Labs labs)
      throws Exception {
    Lab neighbour = labs.up(Scenario.parse(SCENARIO));
    Process owner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Owner.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String orphan;
    try (BufferedReader output = owner.inputReader(StandardCharsets.UTF_8)) {
      orphan = output.readLine();
      assertThat(new Namespaces(orphan).existing()).hasSize(5);
    } finally {
      owner.destroyForcibly();
    }
    assertThat(owner.waitFor(10, TimeUnit.SECONDS)).isTrue();

    labs.up(Scenario.parse(SCENARIO));

    assertThat(new Namespaces(orphan).existing()).isEmpty();
    assertThat(Lab.running()).doesNotContain(orphan).contains(neighbour.prefix());
    assertThat(new Namespaces(neighbour.prefix()).existing()).hasSize(5);
  }

  /** A process that brings a lab up, says so and waits to be killed. */
  static final class Owner {
    private Owner() {}

    public static void main(String... arguments) throws Exception {
      System.out.println(Lab.up(Scenario.parse(SCENARIO)).prefix());
      int ignored = System.in.read();
    }
  }
}
