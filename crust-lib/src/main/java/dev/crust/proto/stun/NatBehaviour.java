package dev.crust.proto.stun;

import dev.crust.spi.PortAllocation;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * What stands between us and a server, in the words of RFC 4787 and RFC 5780.
 *
 * @param mapping how inside endpoints are mapped
 * @param filtering what is let in to a mapping; {@link Filtering#UNKNOWN} over TCP, where STUN has
 *     no test for it
 * @param allocation how the outside port of a new mapping is chosen
 * @param hairpin whether our own outside addresses reach us from inside
 * @param reflexive our outside address of each binding that got an answer, in the order of the
 *     bindings; empty if the server never answered
 */
public record NatBehaviour(
    Mapping mapping,
    Filtering filtering,
    PortAllocation allocation,
    Hairpin hairpin,
    List<InetSocketAddress> reflexive) {
  /** Copies the list. */
  public NatBehaviour {
    reflexive = List.copyOf(reflexive);
  }

  /** RFC 4787 §6, RFC 5780 §4.5. */
  public enum Hairpin {
    /** Seen to work. */
    SUPPORTED,
    /** Nothing came back. */
    NOT_SEEN,
    /** Not tried. */
    UNKNOWN
  }
}
