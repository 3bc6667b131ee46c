package dev.crust.natlab.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.kernel.HostProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A {@code crust} process on a host of the lab: one types its commands and waits for its events. It
 * ends with the lab. Thread-safe.
 */
final class CrustNode implements HostProcess.Listener {
  /** Longer than anything here takes, even on a busy machine. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Twice the longest heartbeat, and the patience that a busy machine needs. */
  static final Duration SILENCE = Duration.ofSeconds(40).plus(PATIENCE);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String host;
  private final EventLog log;
  private final List<JsonNode> events = new ArrayList<>();
  private Optional<HostProcess> process = Optional.empty();
  private Optional<String> garbage = Optional.empty();
  private boolean ended;

  CrustNode(String host, EventLog log) {
    this.host = host;
    this.log = log;
  }

  synchronized void started(HostProcess handle) {
    process = Optional.of(handle);
    log.addAtEnd("standard error of " + handle, handle::errors);
  }

  @Override
  public synchronized void onLine(String line) {
    log.add(host, line);
    try {
      events.add(JSON.readTree(line));
    } catch (JsonProcessingException e) {
      garbage = Optional.of(line);
    }
    notifyAll();
  }

  @Override
  public synchronized void onEnd() {
    log.add(host, "ended");
    ended = true;
    notifyAll();
  }

  /** A point in what a node prints: after so many events. */
  record Moment(int events) {
    /** Before the first event. */
    static final Moment START = new Moment(0);
  }

  /** After all that was printed so far. */
  synchronized Moment now() {
    return new Moment(events.size());
  }

  /** The first event of this name. */
  JsonNode await(String name) throws InterruptedException {
    return await(name, event -> true, PATIENCE);
  }

  /** The first event of this name that is such. */
  JsonNode await(String name, Predicate<JsonNode> such, Duration patience)
      throws InterruptedException {
    return awaitSince(Moment.START, "'" + name + "'", is(name).and(such), patience);
  }

  /**
   * The first event after a moment that is such, as soon as there is one.
   *
   * @param what is awaited, in words
   * @throws AssertionError if there is none in time, or the process ends before
   */
  synchronized JsonNode awaitSince(
      Moment moment, String what, Predicate<JsonNode> such, Duration patience)
      throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    for (int seen = moment.events(); ; seen++) {
      while (seen >= events.size()) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (garbage.isPresent()) {
          throw new AssertionError(host + " prints what is no JSON: " + garbage.get());
        }
        if (ended || left <= 0) {
          throw new AssertionError(
              "%s %s without %s".formatted(host, ended ? "ended" : "waited " + patience, what));
        }
        wait(left);
      }
      if (such.test(events.get(seen))) {
        return events.get(seen);
      }
    }
  }

  /** For so long it prints no event of this name. */
  synchronized void awaitNone(String name, Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    for (int seen = events.size(); ; seen++) {
      while (seen >= events.size()) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          return;
        }
        wait(left);
      }
      if (is(name).test(events.get(seen))) {
        throw new AssertionError(host + " printed " + events.get(seen));
      }
    }
  }

  /** Whether an event has this name. */
  static Predicate<JsonNode> is(String name) {
    return event -> event.path("event").asText().equals(name);
  }

  /** Whether an event is about this peer. */
  static Predicate<JsonNode> about(CrustNode peer) throws InterruptedException {
    String id = peer.id();
    return event -> event.path("peer").asText().equals(id);
  }

  /** All events so far. */
  synchronized List<JsonNode> events() {
    return List.copyOf(events);
  }

  /** Its id, when it listens. */
  String id() throws InterruptedException {
    return await("listening").path("id").asText();
  }

  /** Its address, when it listens. */
  String address() throws InterruptedException {
    return await("listening").path("address").asText();
  }

  /** Waits for the connection to a peer; the event that tells of it. */
  JsonNode awaitConnected(CrustNode peer) throws InterruptedException {
    return await("connected", about(peer), PATIENCE);
  }

  /** Waits until a peer relays for this node, so that its own address names it. */
  void awaitReservation(CrustNode relay) throws InterruptedException {
    String via = "via=" + relay.id();
    await("listening", event -> event.path("address").asText().contains(via), PATIENCE);
  }

  /**
   * Waits until the user was told that no path is left to a peer: the connection is lost, or it
   * outlives its path and waits for another.
   */
  JsonNode awaitPathGone(CrustNode peer, Moment since) throws InterruptedException {
    Predicate<JsonNode> waiting =
        is("path-changed").and(event -> event.has("to") && event.get("to").isNull());
    return awaitSince(
        since, "the news that no path is left", about(peer).and(is("lost").or(waiting)), SILENCE);
  }

  /** Waits until the user was told of a path to a peer, by a new connection or a kept one. */
  JsonNode awaitPathBack(CrustNode peer, Moment since) throws InterruptedException {
    Predicate<JsonNode> moved = is("path-changed").and(event -> event.path("to").isObject());
    return awaitSince(
        since, "the news of a path", about(peer).and(is("connected").or(moved)), SILENCE);
  }

  /** Sends a text to a peer, and waits until it is there. */
  void say(String text, CrustNode peer) throws IOException, InterruptedException {
    Moment before = peer.now();
    type("send " + peer.id() + " " + text);
    peer.awaitSince(
        before,
        "the message '" + text + "'",
        about(this).and(is("message")).and(event -> event.path("text").asText().equals(text)),
        PATIENCE);
  }

  /** Types a line on its standard input. */
  void type(String line) throws IOException {
    log.add(host, "< " + line);
    handle().input().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    handle().input().flush();
  }

  /** Stops it in mid-step (SIGSTOP) until {@link #unpause}. */
  void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Lets it go on (SIGCONT). */
  void unpause() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    log.add(host, "SIG" + name);
    new ProcessBuilder("kill", "-" + name, String.valueOf(handle().pid())).start().waitFor();
  }

  /** Ends it (SIGKILL). */
  void kill() {
    log.add(host, "SIGKILL");
    handle().kill();
  }

  /** Asks it to end (SIGTERM). */
  void stop() {
    handle().stop();
  }

  /** Waits for its end; its exit code. */
  int exitCode() throws InterruptedException {
    return handle().await(PATIENCE);
  }

  /** What it has said on standard error so far. */
  String errors() {
    return handle().errors();
  }

  private synchronized HostProcess handle() {
    return process.orElseThrow(() -> new IllegalStateException(host + " was not started"));
  }
}
