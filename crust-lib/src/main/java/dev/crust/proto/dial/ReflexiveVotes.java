package dev.crust.proto.dial;

import dev.crust.PeerId;
import dev.crust.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How others see a port of ours. A mapping counts when two observers at different addresses agree
 * on it: one alone may lie, and a NAT whose mapping depends on the destination shows each another.
 * A peer has one vote, however many addresses it has. Confined to one thread.
 */
public final class ReflexiveVotes {
  /** So many must agree. */
  public static final int QUORUM = 2;

  /** An observation is no news any more after this long. */
  public static final Duration LIFETIME = Duration.ofMinutes(30);

  private static final int MAX_VOTES = 64;

  private record Voter(Transport transport, InetSocketAddress local, InetAddress observer) {
    boolean isOf(Transport someTransport, InetSocketAddress somePort) {
      return transport == someTransport && local.equals(somePort);
    }
  }

  private record Vote(Optional<PeerId> peer, InetSocketAddress mapped, Instant at) {}

  private final Map<Voter, Vote> votes =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Voter, Vote> eldest) {
          return size() > MAX_VOTES;
        }
      };

  /** Nobody has said anything yet. */
  public ReflexiveVotes() {}

  /**
   * Somebody has seen this port of ours at an address. Its earlier word does not count any more,
   * and this one does not if the address is none that others could dial.
   *
   * @param observer where somebody is
   * @param peer who that is, if it is a peer
   */
  public void onObserved(
      Transport transport,
      InetSocketAddress local,
      InetAddress observer,
      Optional<PeerId> peer,
      InetSocketAddress mapped,
      Instant now) {
    Voter voter = new Voter(transport, local, observer);
    votes
        .entrySet()
        .removeIf(
            earlier ->
                earlier.getKey().equals(voter)
                    || (peer.isPresent()
                        && earlier.getValue().peer.equals(peer)
                        && earlier.getKey().isOf(transport, local)));
    if (dialable(mapped)) {
      votes.put(voter, new Vote(peer, mapped, now));
    }
  }

  private static boolean dialable(InetSocketAddress mapped) {
    InetAddress ip = mapped.getAddress();
    return mapped.getPort() != 0
        && !ip.isAnyLocalAddress()
        && !ip.isLoopbackAddress()
        && !ip.isLinkLocalAddress()
        && !ip.isMulticastAddress();
  }

  /** A port of ours is gone. */
  public void onClosed(Transport transport, InetSocketAddress local) {
    votes.keySet().removeIf(voter -> voter.isOf(transport, local));
  }

  /**
   * The addresses on which enough observers agree, most votes first; those that are this port's own
   * are left out, since they are host candidates already.
   */
  public List<InetSocketAddress> agreed(Transport transport, InetSocketAddress local, Instant now) {
    votes.values().removeIf(vote -> vote.at.plus(LIFETIME).isBefore(now));
    Map<InetSocketAddress, Integer> counts = new LinkedHashMap<>();
    votes.forEach(
        (voter, vote) -> {
          if (voter.isOf(transport, local)) {
            counts.merge(vote.mapped, 1, Integer::sum);
          }
        });
    List<Map.Entry<InetSocketAddress, Integer>> enough = new ArrayList<>(counts.entrySet());
    enough.removeIf(it -> it.getValue() < QUORUM || it.getKey().equals(local));
    enough.sort(Map.Entry.comparingByValue(Comparator.reverseOrder()));
    return enough.stream().map(Map.Entry::getKey).toList();
  }
}
