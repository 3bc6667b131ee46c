package dev.crust.natlab.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.Launch;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.verify.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pair of the matrix that fails tells all that one needs to find out why. */
@NatLab
final class FailureReportTest {

  @Test
  void has_both_event_logs_the_tables_and_a_capture(@TempDir Path logs) throws Exception {
    String report =
        Launch.of(Doomed.class, List.of(), Map.of(), "-Dcrust.natlab.logs=" + logs.toString());

    assertThat(report).contains("FAILED", "port_restricted_x_symmetric(Labs, EventLog) failed");
    for (String peer : List.of("a", "b")) {
      assertThat(report)
          .containsPattern("(?m)^\\S+Z " + peer + " \\{\"event\":\"listening\"")
          .containsPattern("(?m)^\\S+Z " + peer + " < connect crust://")
          .containsPattern(
              "(?m)^\\S+Z " + peer + " \\{\"event\":\"connected\".*\"method\":\"relayed\"")
          .containsPattern("(?m)^== " + peer + "\ntable inet natlab");
    }
    assertThat(report).contains("map owner", "masquerade random,fully-random", "dport=443");
    assertThat(report).contains("home a port-restricted", "== the simulator's log of UDP");
    Matcher capture = Pattern.compile("(?m)^== capture (.+)$").matcher(report);
    assertThat(capture.find()).isTrue();
    assertThat(Path.of(capture.group(1))).startsWith(logs).isNotEmptyFile();
    assertThat(Files.size(Path.of(capture.group(1)))).isGreaterThan(1000);
  }

  /** Not found by the build, only by us. */
  @NatLab
  static final class Doomed {
    @Test
    void port_restricted_x_symmetric(Labs labs, EventLog log) throws Exception {
      Meeting meeting = new Meeting(Place.of(NatType.PORT_RESTRICTED), Place.of(NatType.SYMMETRIC));
      assertThat(meeting.bySimplePunching(log)).isEqualTo(Meeting.NOTHING);
      assertThat(meeting.inKernel(Meeting.RELAYED, labs, log)).isEqualTo("telepathy");
    }
  }
}
