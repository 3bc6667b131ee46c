package dev.crust.driver;

import dev.crust.Reason;
import dev.crust.proto.admission.Token;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * What becomes of a path that was dialled to a peer whom somebody has introduced. Which side dials
 * says nothing of who wanted the connection, so its user hears of it as of one that came in; a dial
 * of ours is done then.
 */
final class IntroducedFate extends DialFate {
  private final EndpointContext context;
  private final Peers peers;
  private final Consumer<Reason> failed;
  private final Instant began;

  /** One of whose failure somebody hears on the control loop. */
  IntroducedFate(EndpointContext context, Peers peers, Consumer<Reason> failed) {
    super(peers, context.control());
    this.context = context;
    this.peers = peers;
    this.failed = failed;
    this.began = context.now();
  }

  @Override
  boolean isWanted() {
    return true;
  }

  @Override
  boolean isWantedFor(Token connection) {
    return true;
  }

  @Override
  void onJoined(LocalConnection connection, PeerPath.Joining how) {
    Runnable announce =
        () -> peers.upFromOutside(connection, Duration.between(began, context.now()));
    switch (how) {
      case FIRST -> connection.announceWhenAlive(announce);
      case FIRST_BY_PEER -> announce.run();
      case FURTHER -> {}
    }
  }

  /** The way that was punched may close again, which whoever looks for one is to hear, too. */
  @Override
  public PeerPath.Fate onConnection(
      PeerPath path, LocalConnection connection, PeerPath.Joining how) {
    onJoined(connection, how);
    return this;
  }

  @Override
  void failed(Reason reason, String detail) {
    failed.accept(reason);
  }
}
