package dev.crust.driver;

import dev.crust.io.NonceEar;
import dev.crust.proto.reachability.Nonce;
import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which dial-backs we wait for: whatever else comes in their name goes no further. Thread-safe. */
final class ExpectedNonces {
  /** Who waits. Called on any loop. */
  interface Ear {
    /** One has come from there. */
    void onNonce(Protocol protocol, Nonce nonce, InetAddress source);
  }

  private record Waiting(Set<Nonce> nonces, Ear ear) {}

  private volatile @Nullable Waiting waiting;

  /** Waits for these, and for no others any more. */
  void expect(Set<Nonce> nonces, Ear ear) {
    waiting = nonces.isEmpty() ? null : new Waiting(nonces, ear);
  }

  /** Waits for none. */
  void expectNone() {
    waiting = null;
  }

  /** Who hears of those that come by this protocol. */
  NonceEar by(Protocol protocol) {
    return (nonce, source) -> {
      Waiting now = waiting;
      boolean wanted = now != null && now.nonces.contains(nonce);
      if (now != null && wanted) {
        now.ear.onNonce(protocol, nonce, source.getAddress());
      }
      return wanted;
    };
  }
}
