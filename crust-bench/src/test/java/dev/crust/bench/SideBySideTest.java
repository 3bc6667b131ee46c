package dev.crust.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.ResourceLeakDetector;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the library costs on top of Netty and TLS. */
@Tag("full")
@Timeout(300)
final class SideBySideTest {
  private static final Sizes SIZES =
      new Sizes(11, 1L << 30, 5000, 1, 1, Duration.ofSeconds(1), Duration.ofSeconds(1));

  private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();

  /** The other tests' detector looks at every use of a buffer, and would be what is measured. */
  @BeforeEach
  void detectNoLeaks() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @AfterEach
  void detectLeaksAsBefore() {
    ResourceLeakDetector.setLevel(before);
  }

  @Test
  void closeToTheBarePipeline() throws Exception {
    assertThat(ratio(Question.MESSAGES, name -> name.contains("64 KiB writes: rate")))
        .as("throughput")
        .isGreaterThan(0.7);
    assertThat(ratio(Question.PING, name -> name.endsWith("until acknowledged: p50")))
        .as("round trips")
        .isLessThan(1.5);
  }

  private static double ratio(Question question, Predicate<String> name) throws Exception {
    List<Figure> figures = question.measurement(SIZES).measure();
    return figures.stream()
        .filter(figure -> name.test(figure.name()))
        .findFirst()
        .orElseThrow()
        .ratio()
        .orElseThrow();
  }
}
