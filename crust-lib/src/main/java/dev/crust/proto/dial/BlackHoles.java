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

  private static final class Record {
    private int misses;
    private Instant nextProbe = Instant.MAX;
  }

  private final Map<Way, Record> records = new EnumMap<>(Way.class);

  /** Knows nothing yet. */
  public BlackHoles() {
    for (Way way : Way.values()) {
      records.put(way, new Record());
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
      open.put(way, !concerned || opens(recordOf(way), now));
    }
    List<Candidate> left =
        candidates.stream().filter(it -> ways(it).stream().allMatch(open::get)).toList();
    return left.isEmpty() ? candidates : left;
  }

  private static boolean opens(Record record, Instant now) {
    if (record.misses < MISSES) {
      return true;
    }
    if (now.isBefore(record.nextProbe)) {
      return false;
    }
    record.nextProbe = now.plus(PROBE_EVERY);
    return true;
  }

  /** A path came about by this candidate, or a loser of a race at least was answered. */
  public void onWorked(Candidate candidate) {
    for (Way way : ways(candidate)) {
      records.put(way, new Record());
    }
  }

  /** An attempt had no answer, although the peer was reached by this other candidate. */
  public void onMissed(Candidate candidate, Candidate worked, Instant now) {
    for (Way way : ways(candidate)) {
      Record record = recordOf(way);
      if (!ways(worked).contains(way) && ++record.misses == MISSES) {
        record.nextProbe = now.plus(PROBE_EVERY);
      }
    }
  }

  /** The host's addresses have changed: it may be on another network now. */
  public void onNetworkChanged() {
    records.replaceAll((way, old) -> new Record());
  }

  private Record recordOf(Way way) {
    return records.computeIfAbsent(way, unknown -> new Record());
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
