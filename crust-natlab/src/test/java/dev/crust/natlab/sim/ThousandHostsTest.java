package dev.crust.natlab.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ThousandHostsTest {
  @Test
  void fifty_hosts_for_ten_minutes() throws Exception {
    assertThat(digest(50, Duration.ofMinutes(10), 3))
        .isEqualTo(digest(50, Duration.ofMinutes(10), 3));
  }

  @Test
  @Tag("full")
  void a_thousand_hosts_for_an_hour_in_a_minute() throws Exception {
    long start = System.nanoTime();
    String digest = digest(1000, Duration.ofHours(1), 1);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    System.out.println("1000 hosts, 1 h virtual: " + took.toMillis() + " ms, log " + digest);
    assertThat(took).isLessThan(Duration.ofMinutes(1));
  }

  private static String digest(int hosts, Duration time, long seed) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    Crowd crowd =
        new Crowd(hosts, seed, line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
    assertThat(crowd.run(time)).isPositive();
    return crowd.events() + " " + HexFormat.of().formatHex(digest.digest());
  }
}
