package dev.crust.proto.beacon;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When the beacon looks at the host's interfaces, and when it speaks on each link.
 *
 * <p>On a new link it asks at once, after 250 ms and after 1 s, then every 30 s or so, and
 * announces the endpoint with the first two questions. A link that fails is closed and tried again,
 * ever more seldom; the user hears of it once, and only if it lasts: an IPv6 address cannot be
 * bound in its first two seconds (RFC 4862 §5.4).
 */
public final class Schedule {
  /** What to do now. */
  public sealed interface Effect {
    /** See which links there are and tell by {@link #onLinks}. */
    record Look() implements Effect {}

    /** Open the link's sockets. */
    record Open(Link link) implements Effect {}

    /** Close what is open of the link. */
    record Close(Link link) implements Effect {}

    /** Send a question. */
    record Ask(Link link) implements Effect {}

    /** Send an announcement. */
    record Announce(Link link) implements Effect {}

    /** Tell the user: one sentence. */
    record Warn(String sentence) implements Effect {}
  }

  static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  static final Duration ASK_EVERY = Duration.ofSeconds(30);
  static final Duration JITTER = Duration.ofSeconds(5);

  private static final Duration SECOND_TIME = Duration.ofMillis(250);
  private static final Duration THIRD_TIME = Duration.ofSeconds(1);
  private static final Duration MIN_BETWEEN_CHANGES = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final int FAILURES_TO_WARN = 5;
  private static final int MAX_WARNED = 64;

  private final RandomGenerator random;
  private final Map<Link, Turn> turns = new LinkedHashMap<>();
  private final Set<String> warned = new HashSet<>();
  private Instant lookAt;

  /** Begins at once. */
  public Schedule(Instant now, RandomGenerator random) {
    this.random = random;
    this.lookAt = now;
  }

  /** When {@link #onTimeout} has something to do. */
  public Instant deadline() {
    Instant earliest = lookAt;
    for (Turn turn : turns.values()) {
      earliest = min(earliest, turn.deadline());
    }
    return earliest;
  }

  /** What is due. */
  public List<Effect> onTimeout(Instant now) {
    List<Effect> effects = new ArrayList<>();
    if (!now.isBefore(lookAt)) {
      lookAt = now.plus(LOOK_EVERY);
      effects.add(new Effect.Look());
    }
    turns.forEach((link, turn) -> speak(link, turn, now, effects));
    return effects;
  }

  /** These are the links now; those that are new are opened, those that are gone closed. */
  public List<Effect> onLinks(List<Link> links, Instant now) {
    List<Effect> effects = new ArrayList<>();
    for (Iterator<Map.Entry<Link, Turn>> each = turns.entrySet().iterator(); each.hasNext(); ) {
      Map.Entry<Link, Turn> entry = each.next();
      if (!links.contains(entry.getKey())) {
        each.remove();
        if (entry.getValue().retryAt == null) {
          effects.add(new Effect.Close(entry.getKey()));
        }
      }
    }
    for (Link link : links) {
      if (!turns.containsKey(link)) {
        turns.put(link, new Turn(now));
        effects.add(new Effect.Open(link));
      }
    }
    return effects;
  }

  /** The endpoint listens elsewhere than before: announce it again, at most once a second. */
  public void onCandidatesChanged(Instant now) {
    turns.values().forEach(turn -> turn.announceAgain(now));
  }

  /** Something may have changed: look at once. */
  public void onHint(Instant now) {
    lookAt = min(lookAt, now);
  }

  /** A link could not be opened or used. */
  public List<Effect> onFailed(Link link, String reason, Instant now) {
    Turn turn = turns.get(link);
    if (turn == null || turn.retryAt != null) {
      return List.of();
    }
    turn.failures++;
    turn.retryAt = now.plus(pause(turn.failures));
    List<Effect> effects = new ArrayList<>(List.of(new Effect.Close(link)));
    if (turn.failures >= FAILURES_TO_WARN
        && warned.size() < MAX_WARNED
        && warned.add(link.interfaceName())) {
      effects.add(
          new Effect.Warn(
              "the beacon cannot speak from " + link + " (" + reason + "); it retries"));
    }
    return effects;
  }

  private void speak(Link link, Turn turn, Instant now, List<Effect> effects) {
    if (now.isBefore(turn.deadline())) {
      return;
    }
    if (turn.retryAt != null) {
      turn.begin(now);
      effects.add(new Effect.Open(link));
    }
    if (!now.isBefore(turn.askAt)) {
      effects.add(new Effect.Ask(link));
      turn.asked(now, jitter());
    }
    if (turn.announceAt != null && !now.isBefore(turn.announceAt)) {
      effects.add(new Effect.Announce(link));
      turn.announced(now);
    }
  }

  private Duration jitter() {
    return Duration.ofMillis(random.nextLong(-JITTER.toMillis(), JITTER.toMillis() + 1));
  }

  private static Duration pause(int failures) {
    Duration pause = SECOND_TIME.multipliedBy(1L << Math.min(failures - 1, 10));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }

  private static Instant min(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  /** Where a link stands. */
  private static final class Turn {
    private Instant begun;
    private int asks;
    private Instant askAt;
    private int announcements;
    private @Nullable Instant announceAt;
    private Instant lastAnnounced = Instant.MIN;
    private int failures;

    /** Not null while the link is broken and closed. */
    private @Nullable Instant retryAt;

    Turn(Instant now) {
      begun = now;
      askAt = now;
      announceAt = now;
    }

    void begin(Instant now) {
      begun = now;
      asks = 0;
      askAt = now;
      announcements = 0;
      announceAt = now;
      retryAt = null;
    }

    Instant deadline() {
      if (retryAt != null) {
        return retryAt;
      }
      return announceAt == null ? askAt : min(askAt, announceAt);
    }

    void asked(Instant now, Duration jitter) {
      asks++;
      askAt =
          switch (asks) {
            case 1 -> begun.plus(SECOND_TIME);
            case 2 -> begun.plus(THIRD_TIME);
            default -> now.plus(ASK_EVERY).plus(jitter);
          };
      if (asks == 3) {
        failures = 0;
      }
    }

    void announced(Instant now) {
      announcements++;
      announceAt = announcements == 1 ? now.plus(SECOND_TIME) : null;
      lastAnnounced = now;
    }

    void announceAgain(Instant now) {
      announcements = 0;
      announceAt =
          lastAnnounced.isBefore(now.minus(MIN_BETWEEN_CHANGES))
              ? now
              : lastAnnounced.plus(MIN_BETWEEN_CHANGES);
    }
  }
}
