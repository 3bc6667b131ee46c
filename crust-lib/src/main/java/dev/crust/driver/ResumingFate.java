package dev.crust.driver;

import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.admission.Greeting;
import dev.crust.proto.admission.Token;
import java.util.Optional;

/** What becomes of a path that is to carry a connection on. On the path's loop. */
abstract class ResumingFate implements PeerPath.Fate {
  private final EndpointContext context;
  private final Peers peers;
  private final Token connection;

  ResumingFate(EndpointContext context, Peers peers, Token connection) {
    this.context = context;
    this.peers = peers;
    this.connection = connection;
  }

  @Override
  public Greeting greeting(PeerPath path, PeerId greeted) {
    return peers.greeting(greeted, path, Optional.of(connection));
  }

  @Override
  public void onGreeted(PeerPath path, Greeting greeting) {
    context.control().execute(() -> peers.onHello(path, greeting, Optional.of(connection)));
  }

  @Override
  public void onAdmitted(PeerPath path, Token name) {
    context.control().execute(() -> peers.onAdmit(path, name));
  }

  @Override
  public PeerPath.Fate onConnection(PeerPath path, LocalConnection carried, PeerPath.Joining how) {
    return peers.settled();
  }

  @Override
  public void onEnded(PeerPath path, Reason reason, String detail) {
    if (reason != Reason.CANCELLED && !path.wasOpen()) {
      failed(reason, detail);
    }
    context.control().execute(() -> peers.onPathEnded(path));
  }

  /** It came to nothing. */
  abstract void failed(Reason reason, String detail);
}
