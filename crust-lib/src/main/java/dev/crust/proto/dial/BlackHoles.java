package dev.crust.proto.dial;

import dev.crust.Candidate;
import dev.crust.Transport;
import java.net.Inet6Address;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What never works from here: a network may swallow all UDP, or all IPv6, and trying it at each
 * dial costs time and tells nothing new. After {@value #MISSES} failures in a row, each while
 * another way reached the same peer, a way is left out; every ten minutes one dial tries it again.
 * Confined to one thread.
 */
public final class BlackHoles {
  /** So many failures in a row make a black hole. */
  public static final int MISSES = 5;

  /** Between two tries of a black hole. */
  public static final Duration PROBE_EVERY = Duration.ofMinutes(10);

  private enum Way {
    UDP,
    IPV6
  }

  private static final class History {
    private int misses;
    private Instant nextProbe = Instant.MAX;
  }

  private final Map<Way, History> histories = new EnumMap<>(Way.class);

  /** Knows nothing yet. */
  public BlackHoles() {
    for (Way way : Way.values()) {
      histories.put(way, new History());
    }
  }

  /**
   * Those of a dial's candidates that are worth trying now. If nothing else is there, all are: a
   * black hole is better than no way.
   */
  public List<Candidate> worthTrying(List<Candidate> candidates, Instant now) {
    Map<Way, Boolean> open = new EnumMap<>(Way.class);
    for (Way way : Way.values()) {
      boolean concerned = candidates.stream().anyMatch(it -> ways(it).contains(way));
      open.put(way, !concerned || opens(historyOf(way), now));
    }
    List<Candidate> left =
        candidates.stream().filter(it -> ways(it).stream().allMatch(open::get)).toList();
    return left.isEmpty() ? candidates : left;
  }

  private static boolean opens(History history, Instant now) {
    if (history.misses < MISSES) {
      return true;
    }
    if (now.isBefore(history.nextProbe)) {
      return false;
    }
    history.nextProbe = now.plus(PROBE_EVERY);
    return true;
  }

  /** A path came about by this candidate, or a loser of a race at least was answered. */
  public void onWorked(Candidate candidate) {
    for (Way way : ways(candidate)) {
      histories.put(way, new History());
    }
  }

  /** An attempt had no answer, although the peer was reached by this other candidate. */
  public void onMissed(Candidate candidate, Candidate worked, Instant now) {
    for (Way way : ways(candidate)) {
      History history = historyOf(way);
      if (!ways(worked).contains(way) && ++history.misses == MISSES) {
        history.nextProbe = now.plus(PROBE_EVERY);
      }
    }
  }

  /** The host's addresses have changed: it may be on another network now. */
  public void onNetworkChanged() {
    histories.replaceAll((way, old) -> new History());
  }

  private History historyOf(Way way) {
    return histories.computeIfAbsent(way, unknown -> new History());
  }

  private static List<Way> ways(Candidate candidate) {
    List<Way> ways = new ArrayList<>(2);
    if (candidate.transport() == Transport.QUIC) {
      ways.add(Way.UDP);
    }
    if (candidate.address().getAddress() instanceof Inet6Address) {
      ways.add(Way.IPV6);
    }
    return ways;
  }
}
