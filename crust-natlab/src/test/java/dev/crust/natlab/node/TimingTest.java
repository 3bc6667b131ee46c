package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.about;
import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.node.CrustNode.Moment;
import dev.crust.natlab.scenario.Scenario;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How long two at home wait for each other: from the dial to the first echo, and to the first by a
 * direct path. Between peers a round trip takes 40 ms, by the relay 60. What it takes is printed,
 * since it is a busy machine's doing, too; that it works, each time, is what is asserted.
 */
@NatLab
@Tag("full")
final class TimingTest {
  private static final int TRIES = 9;

  /** By then code is compiled and NATs are known. */
  private static final int WARM = 2;

  /**
   * From the dial on.
   *
   * @param echo the first, by whatever path
   * @param direct the first by a direct path; none if there is no such path
   */
  private record Times(Duration echo, Optional<Duration> direct) {}

  @ParameterizedTest(name = "{0}_x_{1}_by_{2}")
  @CsvSource({
    "port-restricted, port-restricted, quic, true",
    "port-restricted, port-restricted, tcp, true",
    "full-cone, port-restricted, quic, true",
    "linux, port-restricted, tcp, true",
    "symmetric, symmetric, any, false"
  })
  void from_the_dial_to_the_echo(
      String one, String other, String by, boolean direct, Labs labs, EventLog log)
      throws Exception {
    String world = "public one delay 5ms\nhome anne %s\nhome ben %s".formatted(one, other);
    Lab lab = labs.up(Scenario.parse(world));
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode relay = nodes.start("one", "--no-beacon");
    Stream<String> transport = by.equals("any") ? Stream.of() : Stream.of("--transport", by);
    String[] options =
        Stream.concat(Stream.of("--bootstrap", relay.address(), "--no-beacon"), transport)
            .toArray(String[]::new);
    CrustNode anne = nodes.start("anne", options);
    CrustNode ben = nodes.start("ben", options);
    anne.awaitReservation(relay);
    ben.awaitReservation(relay);
    List<Times> times = new ArrayList<>();
    for (int i = 0; i < TRIES; i++) {
      times.add(meet(anne, ben, direct));
      forget(lab, relay, anne, ben);
    }
    List<Times> warm = times.subList(WARM, TRIES);
    System.out.printf(
        "%s x %s by %s: echo cold %d ms, warm %d ms%s%n",
        one,
        other,
        by,
        times.get(0).echo().toMillis(),
        median(warm, Times::echo).toMillis(),
        direct
            ? ", direct cold %d ms, warm %d ms"
                .formatted(
                    times.get(0).direct().orElseThrow().toMillis(),
                    median(warm, it -> it.direct().orElseThrow()).toMillis())
            : "");
  }

  private static Duration median(List<Times> times, Function<Times, Duration> of) {
    return times.stream().map(of).sorted().toList().get(times.size() / 2);
  }

  private static Times meet(CrustNode anne, CrustNode ben, boolean direct) throws Exception {
    String address = lastAddress(ben);
    Moment before = anne.now();
    long began = System.nanoTime();
    anne.type("connect " + address);
    anne.awaitSince(before, "a connection", about(ben).and(is("connected")), CrustNode.PATIENCE);
    JsonNode first = ping(anne, ben);
    Duration echo = Duration.ofNanos(System.nanoTime() - began);
    if (!direct) {
      JsonNode stays =
          anne.awaitSince(before, "why", about(ben).and(is("stays-relayed")), CrustNode.PATIENCE);
      assertThat(stays.path("attempts")).isEmpty();
      return new Times(echo, Optional.empty());
    }
    if (isDirect(first.path("path"))) {
      return new Times(echo, Optional.of(echo));
    }
    Predicate<JsonNode> moved = is("path-changed").and(event -> isDirect(event.path("to")));
    anne.awaitSince(before, "a direct path", about(ben).and(moved), CrustNode.PATIENCE);
    assertThat(isDirect(ping(anne, ben).path("path"))).isTrue();
    return new Times(echo, Optional.of(Duration.ofNanos(System.nanoTime() - began)));
  }

  private static boolean isDirect(JsonNode path) {
    return path.isObject() && !path.path("relay").isTextual();
  }

  private static JsonNode ping(CrustNode anne, CrustNode ben) throws Exception {
    Moment before = anne.now();
    anne.type("ping " + ben.id() + " 1");
    return anne.awaitSince(before, "an echo", about(ben).and(is("pong")), CrustNode.PATIENCE);
  }

  private static String lastAddress(CrustNode node) {
    List<JsonNode> told = node.events().stream().filter(is("listening")).toList();
    return told.get(told.size() - 1).path("address").asText();
  }

  /** They part, their routers forget all they know, and the relay is heard of again. */
  private static void forget(Lab lab, CrustNode relay, CrustNode anne, CrustNode ben)
      throws Exception {
    Moment annes = anne.now();
    Moment bens = ben.now();
    anne.type("drop " + ben.id());
    anne.awaitSince(annes, "the end", about(ben).and(is("lost")), CrustNode.PATIENCE);
    ben.awaitSince(bens, "the end", about(anne).and(is("lost")), CrustNode.PATIENCE);
    lab.happen(Scenario.reboot("anne"));
    lab.happen(Scenario.reboot("ben"));
    for (CrustNode node : List.of(anne, ben)) {
      ping(node, relay);
    }
  }
}
