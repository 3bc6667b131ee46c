package dev.crust;

import dev.crust.spi.Profile;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Something that happened to an endpoint. */
public sealed interface Event {
  /**
   * The endpoint listens; again whenever its addresses change.
   *
   * @param address the endpoint's own address, fit to be passed on
   */
  record Listening(CrustAddress address) implements Event {}

  /**
   * A connection came up, whoever dialled. Close it to drop it.
   *
   * @param connection the connection, ready for use
   * @param path the path that carries it; every later one is told by a {@link PathChanged}
   * @param elapsed since the dial began, or since the peer's transport connected to us
   * @param attempts every attempt of our dial; empty if the peer dialled
   */
  record Connected(Connection connection, Path path, Duration elapsed, List<Attempt> attempts)
      implements Event {}

  /**
   * A dial of ours failed.
   *
   * @param peer who was dialled
   * @param reason the one reason that tells most
   * @param attempts every attempt, in the order of their start
   */
  record ConnectFailed(PeerId peer, Reason reason, List<Attempt> attempts) implements Event {}

  /**
   * A connection goes on by another path, or waits for one. Nothing was lost.
   *
   * @param connection the connection
   * @param from the path that carried it; empty if there was none
   * @param to the path that carries it now; empty while there is none
   * @param reason why
   */
  record PathChanged(Connection connection, Optional<Path> from, Optional<Path> to, Reason reason)
      implements Event {}

  /**
   * No direct path was found for a connection that goes by a relay, and it goes on so. A path that
   * comes later is told as {@link PathChanged}.
   *
   * @param connection the connection
   * @param sentence why, for people
   * @param attempts what was tried
   */
  record StaysRelayed(Connection connection, String sentence, List<Attempt> attempts)
      implements Event {
    /** Copies the list. */
    public StaysRelayed {
      attempts = List.copyOf(attempts);
    }
  }

  /**
   * Whether others reach us unasked is known, or known otherwise than before: of the best of our
   * addresses, as peers found who dialled them back, and those who came by themselves. Before the
   * first such event nothing is known. Nothing depends on it.
   *
   * @param tcp by TCP
   * @param udp by QUIC
   */
  record Reachability(Profile.Reachability tcp, Profile.Reachability udp) implements Event {}

  /**
   * A message was dropped since it became too old before it could be sent.
   *
   * @param connection the connection
   * @param message the message
   */
  record Expired(Connection connection, Message message) implements Event {}

  /**
   * A connection ended. Every {@link Connected} is followed by exactly one.
   *
   * @param connection the connection
   * @param reason why
   * @param detail the reason in particular, for people; may be empty
   */
  record Lost(Connection connection, Reason reason, String detail) implements Event {}

  /**
   * A peer of our network was heard of.
   *
   * @param address who and where
   * @param source the name of the discovery that heard of it: {@code beacon}
   * @param hops 1 if it was heard itself
   */
  record Discovered(CrustAddress address, String source, int hops) implements Event {}

  /**
   * Somebody who came to us was turned away. Told at the first occurrence, then summed up, so that
   * a flood cannot flood the feed.
   *
   * @param source where it came from
   * @param peer who it was, if it got as far as proving that
   * @param reason why
   * @param detail the reason in particular, for people; may be empty
   * @param count how many times since this was last told, at least 1
   */
  record Refused(
      InetAddress source, Optional<PeerId> peer, Reason reason, String detail, long count)
      implements Event {}

  /**
   * Something does not work as configured, and the endpoint goes on without it.
   *
   * @param sentence what and why, for people
   */
  record Warning(String sentence) implements Event {}

  /**
   * This subscriber was too slow, and events were dropped for it.
   *
   * @param count how many
   */
  record Missed(long count) implements Event {}
}
