package dev.crust.natlab.verify;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A socket of one side of a punch. Confined to one thread. */
interface PunchSocket extends AutoCloseable {
  /** Asks a STUN server for the outside address. */
  Optional<InetSocketAddress> learn(InetSocketAddress server) throws IOException;

  /** Sends what is due and reads what has come, for a fifth of a second at most. */
  void step(InetSocketAddress peer) throws IOException;

  /** Whether the peer has answered. */
  boolean connected();

  @Override
  void close() throws IOException;
}
