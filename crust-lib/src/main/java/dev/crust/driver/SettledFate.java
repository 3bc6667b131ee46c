package dev.crust.driver;

import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;

/**
 * What becomes of a path that has come to its connection, however that came about: the dial that
 * began it is not held any longer. One for an endpoint; immutable.
 */
final class SettledFate implements PeerPath.Fate {
  private final EndpointContext context;
  private final Peers peers;

  SettledFate(EndpointContext context, Peers peers) {
    this.context = context;
    this.peers = peers;
  }

  @Override
  public Greeting greeting(PeerPath path, PeerId peer) {
    throw new IllegalStateException("a path joined a connection before we greeted");
  }

  @Override
  public void onGreeted(PeerPath path, Greeting greeting) {
    throw new IllegalStateException("a path joined a connection before it was greeted");
  }

  @Override
  public void onAdmitted(PeerPath path, Token connection) {
    throw new IllegalStateException("a path joined a connection before it was admitted");
  }

  @Override
  public PeerPath.Fate onConnection(
      PeerPath path, LocalConnection connection, PeerPath.Joining how) {
    throw new IllegalStateException("a path joined a second connection");
  }

  @Override
  public void onEnded(PeerPath path, Reason reason, String detail) {
    context.control().execute(() -> peers.onPathEnded(path));
  }
}
