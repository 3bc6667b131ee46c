package dev.crust.driver;

import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import io.netty.channel.EventLoop;
import java.util.Optional;

/**
 * What becomes of a path that a dial has begun. Called on the path's loop, works on the control
 * loop.
 */
abstract class DialFate implements PeerPath.Fate {
  private final Peers peers;
  private final EventLoop control;

  DialFate(Peers peers, EventLoop control) {
    this.peers = peers;
    this.control = control;
  }

  /** Whether the path may still become a connection, or one more path of one. */
  abstract boolean isWanted();

  /** Whether the path may still become a path of this connection. */
  abstract boolean isWantedFor(Token connection);

  /** The path belongs to a connection. */
  abstract void onJoined(LocalConnection connection, PeerPath.Joining how);

  /** The path has ended. */
  abstract void failed(Reason reason, String detail);

  @Override
  public Greeting greeting(PeerPath path, PeerId peer) {
    return peers.greeting(peer, path, Optional.empty());
  }

  @Override
  public void onGreeted(PeerPath path, Greeting greeting) {
    control.execute(
        () -> {
          if (isWanted()) {
            peers.onHello(path, greeting, Optional.empty());
          } else {
            giveUp(path);
          }
        });
  }

  @Override
  public void onAdmitted(PeerPath path, Token connection) {
    control.execute(
        () -> {
          if (isWantedFor(connection)) {
            peers.onAdmit(path, connection);
          } else {
            giveUp(path);
          }
        });
  }

  /**
   * What loses a race late must not come back as a connection of its own, which the peer might
   * admit when it has closed that which won.
   */
  private static void giveUp(PeerPath path) {
    path.pipe().loop().execute(() -> path.leave(Reason.CANCELLED, ""));
  }

  @Override
  public PeerPath.Fate onConnection(
      PeerPath path, LocalConnection connection, PeerPath.Joining how) {
    onJoined(connection, how);
    return peers.settled();
  }

  @Override
  public void onEnded(PeerPath path, Reason reason, String detail) {
    control.execute(
        () -> {
          peers.onPathEnded(path);
          failed(reason, detail);
        });
  }
}
