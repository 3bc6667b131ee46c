package dev.crust.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.Event;
import dev.crust.Path;
import dev.crust.Reason;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Notices as JSON, one object a line. The keys are a contract with other programs. */
final class JsonLines {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build();

  private JsonLines() {}

  /** The line, without its line feed; empty if the notice is for people only. */
  static Optional<String> of(Notice notice) {
    if (notice instanceof Notice.Remark) {
      return Optional.empty();
    }
    StringWriter line = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(line)) {
      json.writeStartObject();
      write(json, notice);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(line.toString());
  }

  private static void write(JsonGenerator json, Notice notice) throws IOException {
    if (notice instanceof Notice.Happened it) {
      write(json, it.event());
    } else if (notice instanceof Notice.Identified it) {
      event(json, "identity");
      text(json, "id", it.id());
    } else if (notice instanceof Notice.Received it) {
      event(json, "message");
      text(json, "peer", it.peer());
      json.writeNumberField("priority", it.message().priority());
      json.writeStringField("text", it.message().text());
      json.writeNumberField("bytes", it.message().length());
    } else if (notice instanceof Notice.Ponged it) {
      event(json, "pong");
      text(json, "peer", it.peer());
      json.writeNumberField("seq", it.seq());
      time(json, "rttMs", it.pong().roundTrip());
      path(json, it.pong().path());
    } else if (notice instanceof Notice.Bootstrapped it) {
      event(json, "bootstrapped");
      text(json, "peer", it.peer());
      json.writeStringField("source", "configured");
      time(json, "elapsedMs", it.elapsed());
    } else if (notice instanceof Notice.BootstrapFailed it) {
      event(json, "bootstrap-failed");
      tried(json, it.tried());
    } else if (notice instanceof Notice.Peers it) {
      event(json, "peers");
      peers(json, it.peers());
    } else if (notice instanceof Notice.Report it) {
      event(json, "report");
      report(json, it);
    } else if (notice instanceof Notice.CommandFailed it) {
      event(json, "command-failed");
      json.writeStringField("command", it.command());
      json.writeStringField("reason", it.reason());
      json.writeStringField("line", it.line());
    } else if (notice instanceof Notice.StreamOpened it) {
      event(json, "stream-opened");
      text(json, "peer", it.peer());
      json.writeNumberField("stream", it.stream());
    } else if (notice instanceof Notice.Data it) {
      event(json, "data");
      text(json, "peer", it.peer());
      json.writeNumberField("stream", it.stream());
      json.writeNumberField("bytes", it.bytes().remaining());
      json.writeStringField(
          "text", StandardCharsets.UTF_8.decode(it.bytes().duplicate()).toString());
      json.writeFieldName("base64");
      json.writeBinary(it.bytes().array(), it.bytes().position(), it.bytes().remaining());
    } else if (notice instanceof Notice.StreamEnded it) {
      event(json, "stream-ended");
      text(json, "peer", it.peer());
      json.writeNumberField("stream", it.stream());
      json.writeNumberField("sent", it.sent());
      json.writeNumberField("received", it.received());
      if (!it.reason().isEmpty()) {
        json.writeStringField("reason", it.reason());
      }
    } else {
      bench(json, notice);
    }
  }

  private static void bench(JsonGenerator json, Notice notice) throws IOException {
    if (notice instanceof Notice.Throughput it) {
      event(json, "bench");
      json.writeStringField("direction", it.up() ? "up" : "down");
      decimal(json, "mbytesPerSecond", Text.perSecond(it.bytes() / 1e6, it.time()));
      decimal(json, "seconds", it.time().toNanos() / 1e9);
      path(json, it.path());
      text(json, "peer", it.peer());
      json.writeNumberField("bytes", it.bytes());
    } else if (notice instanceof Notice.RoundTrips it) {
      event(json, "bench-rtt");
      json.writeNumberField("count", it.count());
      time(json, "p50Ms", it.p50());
      time(json, "p99Ms", it.p99());
      path(json, it.path());
      text(json, "peer", it.peer());
    } else if (notice instanceof Notice.Connections it) {
      event(json, "bench-connections");
      decimal(json, "perSecond", Text.perSecond(it.count(), it.time()));
      json.writeNumberField("count", it.count());
      decimal(json, "seconds", it.time().toNanos() / 1e9);
      text(json, "peer", it.peer());
    } else {
      throw new IllegalStateException("no JSON for " + notice);
    }
  }

  private static void write(JsonGenerator json, Event event) throws IOException {
    if (event instanceof Event.Listening it) {
      event(json, "listening");
      text(json, "id", it.address().peer());
      address(json, it.address());
    } else if (event instanceof Event.Connected it) {
      event(json, "connected");
      text(json, "peer", it.connection().peer());
      path(json, it.path());
      time(json, "elapsedMs", it.elapsed());
      attempts(json, it.attempts());
    } else if (event instanceof Event.ConnectFailed it) {
      event(json, "connect-failed");
      text(json, "peer", it.peer());
      attempts(json, it.attempts());
      text(json, "reason", it.reason());
    } else if (event instanceof Event.PathChanged it) {
      event(json, "path-changed");
      text(json, "peer", it.connection().peer());
      path(json, "from", it.from());
      path(json, "to", it.to());
      text(json, "reason", it.reason());
    } else if (event instanceof Event.StaysRelayed it) {
      event(json, "stays-relayed");
      text(json, "peer", it.connection().peer());
      json.writeStringField("reason", it.sentence());
      attempts(json, it.attempts());
    } else if (event instanceof Event.Reachability it) {
      event(json, "reachability");
      json.writeStringField("tcp", it.tcp().toString());
      json.writeStringField("udp", it.udp().toString());
    } else if (event instanceof Event.Expired it) {
      event(json, "expired");
      text(json, "peer", it.connection().peer());
      json.writeNumberField("priority", it.message().priority());
      json.writeNumberField("bytes", it.message().length());
    } else if (event instanceof Event.Lost it) {
      event(json, "lost");
      text(json, "peer", it.connection().peer());
      reason(json, it.reason(), it.detail());
    } else if (event instanceof Event.Discovered it) {
      event(json, "discovered");
      text(json, "peer", it.address().peer());
      text(json, "address", it.address());
      json.writeStringField("source", it.source());
      json.writeNumberField("hops", it.hops());
    } else if (event instanceof Event.Refused it) {
      event(json, "refused");
      json.writeStringField("source", it.source().getHostAddress());
      if (it.peer().isPresent()) {
        text(json, "peer", it.peer().get());
      }
      reason(json, it.reason(), it.detail());
      json.writeNumberField("count", it.count());
    } else if (event instanceof Event.Warning it) {
      event(json, "warning");
      json.writeStringField("text", it.sentence());
    } else if (event instanceof Event.Missed it) {
      event(json, "missed");
      json.writeNumberField("count", it.count());
    } else {
      throw new IllegalStateException("no JSON for " + event);
    }
  }

  private static void event(JsonGenerator json, String name) throws IOException {
    json.writeStringField("event", name);
  }

  private static void text(JsonGenerator json, String key, Object value) throws IOException {
    json.writeStringField(key, value.toString());
  }

  private static void reason(JsonGenerator json, Reason reason, String detail) throws IOException {
    text(json, "reason", reason);
    if (!detail.isEmpty()) {
      json.writeStringField("detail", detail);
    }
  }

  private static void address(JsonGenerator json, CrustAddress address) throws IOException {
    text(json, "address", address);
    json.writeArrayFieldStart("candidates");
    for (Candidate candidate : address.candidates()) {
      json.writeString(candidate.toString());
    }
    json.writeEndArray();
  }

  private static void path(JsonGenerator json, Path path) throws IOException {
    path(json, "path", Optional.of(path));
  }

  private static void path(JsonGenerator json, String key, Optional<Path> path) throws IOException {
    if (path.isPresent()) {
      json.writeObjectFieldStart(key);
      pathFields(json, path.get());
      json.writeEndObject();
    } else {
      json.writeNullField(key);
    }
  }

  private static void pathFields(JsonGenerator json, Path path) throws IOException {
    text(json, "transport", path.transport());
    text(json, "method", path.method());
    json.writeStringField("local", socket(path, path.local()));
    json.writeStringField("remote", socket(path, path.remote()));
    if (path.relay().isPresent()) {
      text(json, "relay", path.relay().get());
    }
    if (path.traversal().isPresent()) {
      json.writeStringField("traversal", path.traversal().get());
    }
    if (path.roundTrip().isPresent()) {
      time(json, "rttMs", path.roundTrip().get());
    } else {
      json.writeNullField("rttMs");
    }
  }

  /** {@code ip:port} as a candidate writes it, less the transport. */
  private static String socket(Path path, InetSocketAddress address) {
    String candidate = new Candidate(path.transport(), address).toString();
    return candidate.substring(candidate.indexOf("//") + 2);
  }

  private static void attempts(JsonGenerator json, List<Attempt> attempts) throws IOException {
    json.writeArrayFieldStart("attempts");
    for (Attempt attempt : attempts) {
      json.writeStartObject();
      text(json, "candidate", attempt.candidate());
      text(json, "method", attempt.method());
      time(json, "startedMs", attempt.started());
      time(json, "endedMs", attempt.ended());
      text(json, "outcome", attempt.outcome());
      if (attempt.reason().isPresent()) {
        reason(json, attempt.reason().get(), attempt.detail());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void tried(JsonGenerator json, List<Notice.BootstrapFailed.Tried> tried)
      throws IOException {
    json.writeArrayFieldStart("tried");
    for (Notice.BootstrapFailed.Tried one : tried) {
      if (one.attempts().isEmpty()) {
        json.writeStartObject();
        text(json, "peer", one.peer());
        json.writeNullField("candidate");
        text(json, "reason", one.reason());
        json.writeEndObject();
      }
      for (Attempt attempt : one.attempts()) {
        json.writeStartObject();
        text(json, "peer", one.peer());
        text(json, "candidate", attempt.candidate());
        text(json, "reason", attempt.reason().orElse(one.reason()));
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }

  private static void peers(JsonGenerator json, List<Notice.Peers.Peer> peers) throws IOException {
    json.writeArrayFieldStart("peers");
    for (Notice.Peers.Peer peer : peers) {
      json.writeStartObject();
      text(json, "peer", peer.peer());
      path(json, peer.path());
      time(json, "sinceMs", peer.since());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void report(JsonGenerator json, Notice.Report report) throws IOException {
    text(json, "id", report.address().peer());
    json.writeStringField("network", report.network());
    address(json, report.address());
    time(json, "uptimeMs", report.uptime());
    peers(json, report.peers());
    json.writeNumberField("retrying", report.retrying());
    json.writeNumberField("messagesReceived", report.received());
    json.writeObjectFieldStart("refusals");
    for (Map.Entry<Reason, Long> refusal : report.refusals().entrySet()) {
      json.writeNumberField(refusal.getKey().toString(), refusal.getValue());
    }
    json.writeEndObject();
  }

  /** Milliseconds, to the microsecond; always with a decimal point, so that its type is stable. */
  private static void time(JsonGenerator json, String key, Duration duration) throws IOException {
    BigDecimal ms =
        BigDecimal.valueOf(duration.toNanos(), 6)
            .setScale(3, RoundingMode.HALF_UP)
            .stripTrailingZeros();
    json.writeFieldName(key);
    json.writeNumber(ms.scale() < 1 ? ms.setScale(1, RoundingMode.UNNECESSARY) : ms);
  }

  /** To three digits after the point, and always with one. */
  private static void decimal(JsonGenerator json, String key, double value) throws IOException {
    json.writeFieldName(key);
    json.writeNumber(BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP));
  }
}
