package dev.crust.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Transport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the library costs on top of Netty and TLS. */
@Tag("full")
@Timeout(300)
final class SideBySideTest {
  @Test
  void closeToTheBarePipeline() throws Exception {
    try (SideBySide pair = new SideBySide(Transport.TCP)) {
      pair.throughput(512L << 20, 64 << 10, 2);
      pair.roundTrips(2000, 1);
      assertThat(pair.throughput(2L << 30, 64 << 10, 5)).as("throughput").isGreaterThan(0.7);
      assertThat(pair.roundTrips(5000, 5)).as("round trips").isLessThan(1.5);
    }
  }
}
