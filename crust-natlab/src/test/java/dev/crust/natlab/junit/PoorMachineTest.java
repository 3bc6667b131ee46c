package dev.crust.natlab.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.natlab.kernel.Lab;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;

/** What tests of the lab do on machines that cannot run it. */
final class PoorMachineTest {
  private static final String NO_ROOT =
      "the kernel NAT lab needs root, or a user namespace (see its README)";

  @Test
  @Execution(CONCURRENT)
  void without_tools_each_test_is_skipped_with_one_line() throws Exception {
    assertThat(Launch.of(Subjects.class, List.of(), Map.of("PATH", "/nowhere")).lines())
        .filteredOn(line -> line.startsWith("SKIPPED"))
        .hasSize(2)
        .allSatisfy(
            line -> assertThat(line).contains("the kernel NAT lab needs", "nsenter", "unshare"));
  }

  @Test
  @Execution(CONCURRENT)
  void without_rights_each_test_is_skipped_with_one_line() throws Exception {
    Optional<String> missing = Lab.missing();
    assumeTrue(missing.map(NO_ROOT::equals).orElse(true), () -> missing.orElse(""));
    List<String> unprivileged =
        missing.isPresent() ? List.of() : List.of("setpriv", "--bounding-set=-all");
    assertThat(Launch.of(Subjects.class, unprivileged, Map.of()).lines())
        .filteredOn(line -> line.startsWith("SKIPPED"))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).endsWith(NO_ROOT));
  }

  @Test
  @Execution(CONCURRENT)
  void under_ci_they_fail() throws Exception {
    Map<String, String> environment = Map.of("PATH", "/nowhere", "CI", "true");
    assertThat(Launch.of(Subjects.class, List.of(), environment))
        .contains("FAILED", "the kernel NAT lab needs", "nsenter", "under CI that is an error")
        .doesNotContain("SKIPPED", "SUCCESSFUL");
  }

  /** Not found by the build, only by us. */
  @NatLab("public relay")
  static final class Subjects {
    @Test
    void one(Lab lab) {
      assertThat(lab.prefix()).isNotEmpty();
    }

    @Test
    void other(Lab lab) {
      assertThat(lab.prefix()).isNotEmpty();
    }
  }
}
