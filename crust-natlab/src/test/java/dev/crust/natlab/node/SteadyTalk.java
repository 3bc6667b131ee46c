package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.PATIENCE;
import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.kernel.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Two {@link SteadyTalker}s who send each other messages and a stream all the time: Anne has
 * dialled Ben. Not thread-safe.
 */
final class SteadyTalk {
  /** How soon the talk goes on after the peers can reach each other again. */
  static final Duration SOON = Duration.ofSeconds(2);

  /** Where both listen. */
  static final int PORT = 4001;

  private static final int A_WHILE = 20;

  private final CrustNodes nodes;
  private final EventLog log;
  private final Path keys;
  private final Over over;
  private final UnaryOperator<String> way;
  private CrustNode anne;
  private CrustNode ben;

  private SteadyTalk(CrustNodes nodes, Path keys, Over over, UnaryOperator<String> way)
      throws IOException, InterruptedException {
    this.nodes = nodes;
    this.log = nodes.log();
    this.keys = keys;
    this.over = over;
    this.way = way;
    this.ben = start("ben");
    this.anne = start("anne", way.apply(ben.address()));
  }

  /** They talk when this returns. */
  static SteadyTalk begin(Lab lab, Over over, EventLog log)
      throws IOException, InterruptedException {
    return begin(lab, over, UnaryOperator.identity(), log);
  }

  /**
   * They talk when this returns.
   *
   * @param way makes of Ben's address the one that Anne dials
   */
  static SteadyTalk begin(Lab lab, Over over, UnaryOperator<String> way, EventLog log)
      throws IOException, InterruptedException {
    Path keys = Files.createTempDirectory(lab.logs(), "keys");
    SteadyTalk talk = new SteadyTalk(new CrustNodes(lab, log), keys, over, way);
    for (CrustNode each : talk.both()) {
      each.await("got", event -> event.path("number").asLong() == A_WHILE, PATIENCE);
    }
    return talk;
  }

  CrustNode anne() {
    return anne;
  }

  CrustNode ben() {
    return ben;
  }

  private List<CrustNode> both() {
    return List.of(anne, ben);
  }

  /** Ben's process comes back, with his key and at his address. */
  void startBenAgain() throws IOException, InterruptedException {
    ben = start("ben");
    ben.address();
  }

  /** Anne's process comes back with her key, and dials. */
  void startAnneAgain() throws IOException, InterruptedException {
    anne = start("anne", way.apply(ben.address()));
  }

  private CrustNode start(String host, String... address) throws IOException {
    Stream<String> arguments =
        Stream.of(keys.resolve(host).toString(), over.name(), String.valueOf(PORT));
    return nodes.run(
        host,
        SteadyTalker.class,
        Stream.concat(arguments, Stream.of(address)).toArray(String[]::new));
  }

  /** For so long nobody is told that the connection is lost, whatever else happens. */
  void outlasts(Duration outage) throws InterruptedException {
    ben.awaitNone("lost", outage);
    assertThat(anne.events()).noneMatch(is("lost"));
  }

  /** What each of them sends from now on arrives soon. */
  void goesOn() throws InterruptedException {
    long now = System.currentTimeMillis();
    for (CrustNode each : both()) {
      JsonNode first =
          each.awaitSince(
              CrustNode.Moment.START,
              "a message sent after the outage",
              is("got").and(event -> event.path("sentAt").asLong() > now),
              SOON.minusMillis(System.currentTimeMillis() - now));
      log.add("talk", "goes on after " + (System.currentTimeMillis() - now) + " ms: " + first);
    }
  }

  /** They come to an end, and all has arrived as if nothing had happened. */
  void endsWell() throws IOException, InterruptedException {
    anne.type("finish");
    ben.type("finish");
    compare(anne, ben);
    compare(ben, anne);
    for (CrustNode each : both()) {
      assertThat(each.events()).filteredOn(is("connected")).hasSize(1);
      assertThat(each.events())
          .noneMatch(is("lost").or(is("disordered")).or(is("unaccepted")).or(is("other")));
    }
  }

  private static void compare(CrustNode sender, CrustNode receiver) throws InterruptedException {
    JsonNode sent = sender.await("finished");
    JsonNode came = receiver.await("stream-ended");
    assertThat(came.path("sha256")).as(came.toString()).isEqualTo(sent.path("sha256"));
    assertThat(came.path("bytes")).isEqualTo(sent.path("bytes"));
    long last = sent.path("messages").asLong();
    receiver.await("got", event -> event.path("number").asLong() == last, PATIENCE);
  }
}
