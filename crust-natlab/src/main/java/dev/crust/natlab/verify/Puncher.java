package dev.crust.natlab.verify;

import java.net.InetSocketAddress;

/** One side of a hole punch: first learns its outside address, then punches. */
interface Puncher {
  /** Whether the outside address is known. */
  boolean ready();

  /** The outside address. */
  InetSocketAddress reflexive();

  void punch(InetSocketAddress peer);

  /** Whether bytes came in that answer ours. */
  boolean connected();
}
