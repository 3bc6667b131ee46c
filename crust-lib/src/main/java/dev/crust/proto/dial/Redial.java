package dev.crust.proto.dial;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.Transport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a new path to a peer after the last one broke: at once, soon again, then every second,
 * each time by sockets of its own: the candidate that led there last, and a few of the others by
 * turns. What hangs is not waited for: the way may be open again long before a SYN is repeated.
 */
public final class Redial {
  /** Between two rounds at most. */
  public static final Duration INTERVAL = Duration.ofSeconds(1);

  /** As long may an attempt take. */
  public static final Duration PATIENCE = Duration.ofSeconds(4);

  private static final Duration FIRST_INTERVAL = Duration.ofMillis(200);
  private static final int AT_ONCE = 4;
  private static final Set<Transport> ALL = Set.of(Transport.values());

  private final List<Candidate> candidates = new ArrayList<>(1);
  private final ArrayDeque<Candidate> turns = new ArrayDeque<>(1);
  private Set<Transport> allowed = ALL;
  private Duration interval = FIRST_INTERVAL;
  private @Nullable Candidate proven;
  private @Nullable Instant due;

  /** Where the peer may be found, most promising first. */
  public void know(Collection<Candidate> more) {
    for (Candidate candidate : more) {
      if (candidates.size() < 2 * CrustAddress.MAX_CANDIDATES && !candidates.contains(candidate)) {
        candidates.add(candidate);
        if (allowed.contains(candidate.transport())) {
          turns.add(candidate);
        }
      }
    }
  }

  /**
   * A path is wanted.
   *
   * @param last where the last path led
   */
  public void begin(Candidate last, Instant now) {
    begin(last, now, ALL);
  }

  /** The same by these transports alone. */
  public void begin(Candidate last, Instant now, Set<Transport> by) {
    allowed = by;
    interval = FIRST_INTERVAL;
    due = now;
    proven = candidates.contains(last) && allowed.contains(last.transport()) ? last : null;
    turns.clear();
    candidates.stream()
        .filter(each -> allowed.contains(each.transport()) && !each.equals(last))
        .forEach(turns::add);
  }

  /** No path is wanted any more. */
  public void end() {
    due = null;
  }

  /** When {@link #onTimeout} should be called next; null for never. */
  public @Nullable Instant deadline() {
    return due;
  }

  /** Time has passed. Returns whom to dial now. */
  public List<Candidate> onTimeout(Instant now) {
    if (due == null || now.isBefore(due)) {
      return List.of();
    }
    due = now.plus(interval);
    interval = interval.compareTo(INTERVAL.dividedBy(2)) < 0 ? interval.multipliedBy(2) : INTERVAL;
    List<Candidate> chosen = new ArrayList<>();
    if (proven != null) {
      chosen.add(proven);
    }
    for (int i = 0; chosen.size() < AT_ONCE && i < turns.size(); i++) {
      Candidate next = turns.remove();
      turns.add(next);
      chosen.add(next);
    }
    return chosen;
  }
}
