package dev.crust.driver;

import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.io.Pipe;
import dev.crust.proto.admission.Greeting;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * How somebody else sees a port of ours.
 *
 * @param transport of the port
 * @param local the port, as this host knows it
 * @param observer where somebody is who has seen it
 * @param peer who that is, if it is a peer
 * @param seen where
 */
record Sighting(
    Transport transport,
    InetSocketAddress local,
    InetSocketAddress observer,
    Optional<PeerId> peer,
    InetSocketAddress seen) {
  /** What a peer's Hello says of the port at our end of this pipe. On the pipe's loop. */
  static Optional<Sighting> of(Pipe pipe, PeerId peer, Greeting greeting) {
    return greeting
        .observed()
        .filter(seen -> pipe.bringer().isEmpty())
        .map(seen -> seen.equals(pipe.local()) ? pipe.local() : seen)
        .map(
            seen ->
                new Sighting(
                    pipe.transport(), pipe.local(), pipe.remote(), Optional.of(peer), seen));
  }
}
