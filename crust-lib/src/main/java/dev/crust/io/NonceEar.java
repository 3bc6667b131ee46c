package dev.crust.io;

import dev.crust.proto.reachability.Nonce;
import java.net.InetSocketAddress;

/** Who hears of dial-backs to a port of ours. Called on any loop. */
@FunctionalInterface
public interface NonceEar {
  /** One has come. Returns whether anybody waits for it. */
  boolean onNonce(Nonce nonce, InetSocketAddress source);

  /** Nobody does. */
  static NonceEar none() {
    return (nonce, source) -> false;
  }
}
