package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.io.Pipe;
import java.util.Optional;

/** How the paths of one connection came about. Guarded by its {@link SessionMonitor}. */
final class Origins {
  private final EndpointContext context;
  private Optional<Boolean> weBegan = Optional.empty();

  Origins(EndpointContext context) {
    this.context = context;
  }

  /**
   * How a path came about that has just joined.
   *
   * @param relayedNow whether the connection goes by a relay until now
   */
  Path.Method of(PeerPath path, boolean relayedNow) {
    if (weBegan.isEmpty()) {
      weBegan = Optional.of(path.wasDialled());
    }
    Pipe pipe = path.pipe();
    Path.Method plain = Path.Method.of(pipe.remote());
    if (pipe.relay().isPresent()) {
      return Path.Method.RELAYED;
    } else if (pipe.bringer().isPresent()) {
      return Path.Method.OTHER;
    } else if (plain != Path.Method.DIRECT) {
      return plain;
    } else if (context.punched().contains(new Candidate(pipe.transport(), pipe.remote()))) {
      return Path.Method.PUNCHED;
    }
    boolean byTheOther = !weBegan.get().equals(path.wasDialled());
    return relayedNow && byTheOther ? Path.Method.REVERSED : plain;
  }
}
