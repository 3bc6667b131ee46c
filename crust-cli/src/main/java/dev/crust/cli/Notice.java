package dev.crust.cli;

import dev.crust.Attempt;
import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Event;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Something that a command prints: an event of its endpoint, or one of its own. */
sealed interface Notice {
  /** The endpoint told this. */
  record Happened(Event event) implements Notice {}

  /** Who we are. */
  record Identified(PeerId id) implements Notice {}

  /** A peer sent this. */
  record Received(PeerId peer, Message message) implements Notice {}

  /**
   * An answer to a ping.
   *
   * @param seq counted from 1
   */
  record Ponged(PeerId peer, int seq, Connection.Pong pong) implements Notice {}

  /**
   * The first of the endpoints to join through is connected.
   *
   * @param elapsed since the start
   */
  record Bootstrapped(PeerId peer, Duration elapsed) implements Notice {}

  /** None of the endpoints to join through could be connected; they are tried again. */
  record BootstrapFailed(List<Tried> tried) implements Notice {
    /** One endpoint and how its dial went. */
    record Tried(PeerId peer, Reason reason, List<Attempt> attempts) {}
  }

  /** Who is connected. */
  record Peers(List<Peer> peers) implements Notice {
    /**
     * One connection.
     *
     * @param since how long it has been up
     */
    record Peer(PeerId peer, Path path, Duration since) {}
  }

  /**
   * How the endpoint is.
   *
   * @param uptime since it opened
   * @param retrying how many peers are not connected and will be dialled
   * @param received how many messages came in
   * @param refusals how many were turned away, by reason
   */
  record Report(
      CrustAddress address,
      String network,
      Duration uptime,
      List<Peers.Peer> peers,
      int retrying,
      long received,
      Map<Reason, Long> refusals)
      implements Notice {}

  /**
   * A command on standard input could not be carried out.
   *
   * @param command its first word
   * @param line the whole of it
   */
  record CommandFailed(String command, String line, String reason) implements Notice {}

  /** A stream for standard input and output is open. */
  record StreamOpened(PeerId peer, long stream) implements Notice {}

  /** Bytes that came by a stream. */
  record Data(PeerId peer, long stream, ByteBuffer bytes) implements Notice {}

  /**
   * A stream for standard input and output is over.
   *
   * @param sent how many bytes went out
   * @param received how many came in
   * @param reason why before its end; empty if both sides had finished
   */
  record StreamEnded(PeerId peer, long stream, long sent, long received, String reason)
      implements Notice {}

  /**
   * How fast bytes went by one stream.
   *
   * @param up whether from us to the peer
   */
  record Throughput(PeerId peer, boolean up, long bytes, Duration time, Path path)
      implements Notice {}

  /** How long round trips took. */
  record RoundTrips(PeerId peer, int count, Duration p50, Duration p99, Path path)
      implements Notice {}

  /** How many connections came up, one after the other. */
  record Connections(PeerId peer, int count, Duration time) implements Notice {}

  /** Something for people only. */
  record Remark(String text) implements Notice {}
}
