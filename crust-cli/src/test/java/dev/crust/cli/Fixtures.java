package dev.crust.cli;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.PeerStream;
import dev.crust.Reason;
import dev.crust.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Values that tests share. */
final class Fixtures {
  private Fixtures() {}

  /** The peer whose id is this number: ids sort as the numbers do. */
  static PeerId peer(int number) {
    byte[] key = new byte[PeerId.LENGTH];
    key[0] = (byte) number;
    return PeerId.of(key);
  }

  static InetSocketAddress socket(String text) {
    return ListenAddress.parse("tcp://" + text).socket();
  }

  static Candidate candidate(int port) {
    return Candidate.tcp(socket("192.0.2.1:" + port));
  }

  static CrustAddress address(int number, int port) {
    return CrustAddress.of(peer(number), List.of(candidate(port)));
  }

  static Path path() {
    return new Path(
        Transport.TCP,
        Path.Method.HOST,
        socket("127.0.0.1:4001"),
        socket("[::1]:4002"),
        Optional.empty(),
        Optional.empty(),
        Optional.of(Duration.ofNanos(420_000)));
  }

  static Attempt failed(int port, Reason reason, String detail) {
    return new Attempt(
        candidate(port),
        Path.Method.DIRECT,
        Duration.ZERO,
        Duration.ofMillis(12),
        Attempt.Outcome.FAILED,
        Optional.of(reason),
        detail);
  }

  static Attempt won(int port) {
    return new Attempt(
        candidate(port),
        Path.Method.DIRECT,
        Duration.ofMillis(250),
        Duration.ofNanos(262_345_678),
        Attempt.Outcome.WON,
        Optional.empty(),
        "");
  }

  /** A connection that is up and does nothing. */
  static Connection connection(PeerId peer) {
    return new Idle(peer);
  }

  private record Idle(PeerId peer) implements Connection {
    @Override
    public Path path() {
      return Fixtures.path();
    }

    @Override
    public Instant since() {
      return Instant.EPOCH;
    }

    @Override
    public CompletionStage<Void> send(Message message) {
      return new CompletableFuture<>();
    }

    @Override
    public Optional<CompletionStage<Void>> trySend(Message message) {
      return Optional.empty();
    }

    @Override
    public void onMessage(Consumer<? super Message> receiver) {}

    @Override
    public CompletionStage<PeerStream> openStream(int priority) {
      return new CompletableFuture<>();
    }

    @Override
    public void onStream(Consumer<? super PeerStream> receiver) {}

    @Override
    public CompletionStage<Pong> ping() {
      return new CompletableFuture<>();
    }

    @Override
    public CompletionStage<Reason> closed() {
      return new CompletableFuture<>();
    }

    @Override
    public void close() {}
  }
}
