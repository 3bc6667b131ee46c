package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which pairs simple hole punching connects, as measured on real NATs: both sides send to each
 * other's STUN address and answer to where a packet came from; by TCP, both dial from a port on
 * which they also listen, and routers drop what is unsolicited.
 */
public final class PunchMatrix {
  /** Let in whoever sends from an address that they have sent to; or anybody. */
  private static final Set<Place> OPEN =
      Set.of(
          Place.of(NatType.NONE), Place.of(NatType.FULL_CONE), Place.of(NatType.ADDR_RESTRICTED));

  /** Keep one outside endpoint and let in the very endpoint that they have sent to. */
  private static final Set<Place> RESTRICTED =
      Set.of(
          Place.of(NatType.FW),
          Place.of(NatType.PORT_RESTRICTED),
          Place.of(NatType.EIM_RANDOM),
          Place.of(NatType.LINUX),
          Place.CGN);

  private static final Place UDP_BLOCKED = Place.of(NatType.UDP_BLOCKED);
  private static final Place TCP_443_ONLY = Place.of(NatType.TCP_443_ONLY);

  /**
   * One pair.
   *
   * @param transport UDP or TCP
   */
  public record Pair(Transport transport, Place one, Place other) {
    @Override
    public String toString() {
      return transport + " " + one + " x " + other;
    }
  }

  private PunchMatrix() {}

  /** Every pair once, UDP before TCP. */
  public static List<Pair> pairs() {
    List<Pair> pairs = new ArrayList<>();
    List<Place> places = Place.all();
    for (Transport transport : List.of(Transport.UDP, Transport.TCP)) {
      for (int i = 0; i < places.size(); i++) {
        for (int j = i; j < places.size(); j++) {
          pairs.add(new Pair(transport, places.get(i), places.get(j)));
        }
      }
    }
    return pairs;
  }

  /** Whether a pair connects. */
  public static boolean expected(Pair pair) {
    return pair.transport() == Transport.TCP
        ? tcp(pair.one(), pair.other())
        : udp(pair.one(), pair.other());
  }

  private static boolean udp(Place one, Place other) {
    for (Place place : List.of(one, other)) {
      if (place.equals(UDP_BLOCKED) || place.equals(TCP_443_ONLY)) {
        return false;
      }
    }
    boolean open = OPEN.contains(one) || OPEN.contains(other);
    return open || (RESTRICTED.contains(one) && RESTRICTED.contains(other));
  }

  private static boolean tcp(Place one, Place other) {
    // Not even the STUN server is to be reached, and a SYN to any port of a peer stays inside.
    if (one.equals(TCP_443_ONLY) || other.equals(TCP_443_ONLY)) {
      return false;
    }
    boolean open = OPEN.contains(one) || OPEN.contains(other);
    return open || (restrictedByTcp(one) && restrictedByTcp(other));
  }

  private static boolean restrictedByTcp(Place place) {
    return RESTRICTED.contains(place) || place.equals(UDP_BLOCKED);
  }
}
