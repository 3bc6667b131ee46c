package dev.crust.proto.session;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Chooses which of a connection's paths is in use. The decider (the endpoint with the smaller peer
 * id) chooses the best, the follower sends where the decider sends; but whoever is left without a
 * path takes any.
 *
 * <table>
 * <caption>Transitions</caption>
 * <tr><th>in use</th><th>event</th><th>effect</th><th>then in use</th></tr>
 * <tr><td>none</td><td>a path is attached</td><td>Use it; Abort of those that had fallen silent</td><td>it</td></tr>
 * <tr><td>a path</td><td>a better one is attached, we decide</td><td>Validate it</td><td>the same</td></tr>
 * <tr><td>a path</td><td>a better one is validated, we decide</td><td>Use it</td><td>it; the old one stands by</td></tr>
 * <tr><td>a path</td><td>the peer uses another, and decides</td><td>Use that</td><td>that; the old one stands by</td></tr>
 * <tr><td>a path</td><td>it ends or falls silent, another stands by</td><td>Use the best that stands by</td><td>that</td></tr>
 * <tr><td>a path</td><td>it ends or falls silent, none stands by</td><td>UseNone</td><td>none</td></tr>
 * <tr><td>none</td><td>one that had fallen silent is heard</td><td>Use it</td><td>it</td></tr>
 * <tr><td>none</td><td>that for {@code patience}</td><td>GiveUp</td><td>over</td></tr>
 * <tr><td>any</td><td>a path has stood by for {@link #GRACE}, we decide</td><td>Retire it</td><td>the same</td></tr>
 * </table>
 *
 * @param <P> a path
 */
public final class PathChoice<P> {
  /** As long does a path stand by after another has taken over. */
  public static final Duration GRACE = Duration.ofSeconds(30);

  /** As many paths may a connection have; the worst that stands by goes first. */
  public static final int MAX_PATHS = 8;

  /** What is to be done. */
  public sealed interface Effect<P> {
    /** Send by this path from now on. */
    record Use<P>(P path) implements Effect<P> {}

    /** No path is left to send by: look for one. */
    record UseNone<P>() implements Effect<P> {}

    /** See whether full-size frames pass on this path. */
    record Validate<P>(P path) implements Effect<P> {}

    /** The path is not needed any more: tell the peer, and close it. */
    record Retire<P>(P path) implements Effect<P> {}

    /** The path is dead: close it without a word. */
    record Abort<P>(P path) implements Effect<P> {}

    /** There was no path for too long: the connection is lost. */
    record GiveUp<P>() implements Effect<P> {}
  }

  private static final class Entry<P> {
    final P path;
    final int rank;
    boolean silent;
    @Nullable Instant standsBySince;

    Entry(P path, int rank) {
      this.path = path;
      this.rank = rank;
    }
  }

  private final Session.Role role;
  private final Duration patience;
  private final List<Entry<P>> paths = new ArrayList<>(1);
  private @Nullable P used;
  private @Nullable Instant aloneSince;

  /**
   * No path yet.
   *
   * @param patience how long a connection lasts without a path
   */
  public PathChoice(Session.Role role, Duration patience, Instant now) {
    this.role = role;
    this.patience = patience;
    this.aloneSince = now;
  }

  /** The path in use. */
  public Optional<P> used() {
    return Optional.ofNullable(used);
  }

  /** All paths. */
  public List<P> all() {
    return paths.stream().map(each -> each.path).toList();
  }

  /** Since when there is no path; empty while there is one. */
  public Optional<Instant> aloneSince() {
    return Optional.ofNullable(aloneSince);
  }

  /**
   * A path has been admitted.
   *
   * @param rank the smaller the better
   */
  public List<Effect<P>> onAttached(P path, int rank, Instant now) {
    List<Effect<P>> effects = new ArrayList<>();
    Entry<P> entry = new Entry<>(path, rank);
    paths.add(entry);
    if (used == null) {
      use(path, effects);
      abortSilent(effects);
    } else {
      entry.standsBySince = now;
      if (role == Session.Role.DECIDER && rank < entry(used).rank) {
        effects.add(new Effect.Validate<>(path));
      }
    }
    makeRoom(effects);
    return effects;
  }

  private void makeRoom(List<Effect<P>> effects) {
    if (paths.size() > MAX_PATHS) {
      paths.stream()
          .filter(each -> !each.path.equals(used))
          .max(Comparator.comparingInt(each -> each.rank))
          .ifPresent(
              worst -> {
                paths.remove(worst);
                effects.add(new Effect.Retire<>(worst.path));
              });
    }
  }

  private @Nullable Entry<P> find(P path) {
    for (Entry<P> each : paths) {
      if (each.path.equals(path)) {
        return each;
      }
    }
    return null;
  }

  private Entry<P> entry(P path) {
    Entry<P> entry = find(path);
    if (entry == null) {
      throw new IllegalStateException("a path in use that is not attached");
    }
    return entry;
  }

  /** Full-size frames have passed both ways on this path. */
  public List<Effect<P>> onValidated(P path, Instant now) {
    Entry<P> entry = find(path);
    List<Effect<P>> effects = new ArrayList<>();
    if (entry == null) {
      return effects;
    }
    entry.silent = false;
    boolean better = used == null || (used != path && entry.rank < entry(used).rank);
    if (used == null || (better && role == Session.Role.DECIDER)) {
      moveTo(path, now, effects);
    }
    return effects;
  }

  /** The peer sends by this path from now on. */
  public List<Effect<P>> onPeerUses(P path, Instant now) {
    List<Effect<P>> effects = new ArrayList<>();
    Entry<P> entry = find(path);
    if (entry == null || path.equals(used)) {
      return effects;
    }
    entry.silent = false;
    if (role == Session.Role.FOLLOWER || used == null || entry(used).silent) {
      moveTo(path, now, effects);
    }
    return effects;
  }

  private void moveTo(P path, Instant now, List<Effect<P>> effects) {
    if (used != null) {
      entry(used).standsBySince = now;
    }
    use(path, effects);
    abortSilent(effects);
  }

  private void use(P path, List<Effect<P>> effects) {
    used = path;
    aloneSince = null;
    Entry<P> entry = entry(path);
    entry.silent = false;
    entry.standsBySince = null;
    effects.add(new Effect.Use<>(path));
  }

  private void abortSilent(List<Effect<P>> effects) {
    paths.removeIf(
        each -> {
          boolean dead = each.silent && !each.path.equals(used);
          if (dead) {
            effects.add(new Effect.Abort<>(each.path));
          }
          return dead;
        });
  }

  /** Nothing comes on this path that should have come. */
  public List<Effect<P>> onSilent(P path, Instant now) {
    List<Effect<P>> effects = new ArrayList<>();
    Entry<P> entry = find(path);
    if (entry != null && !entry.silent) {
      entry.silent = true;
      if (path.equals(used)) {
        leave(now, effects);
      }
    }
    return effects;
  }

  /** Something has come on this path. */
  public List<Effect<P>> onHeard(P path, Instant now) {
    List<Effect<P>> effects = new ArrayList<>();
    Entry<P> entry = find(path);
    if (entry != null && entry.silent) {
      entry.silent = false;
      if (used == null) {
        moveTo(path, now, effects);
      }
    }
    return effects;
  }

  /** A path is gone. */
  public List<Effect<P>> onEnded(P path, Instant now) {
    List<Effect<P>> effects = new ArrayList<>();
    paths.removeIf(each -> each.path.equals(path));
    if (path.equals(used)) {
      leave(now, effects);
    }
    return effects;
  }

  private void leave(Instant now, List<Effect<P>> effects) {
    used = null;
    Optional<P> next =
        paths.stream()
            .filter(each -> !each.silent)
            .min(Comparator.comparingInt(each -> each.rank))
            .map(each -> each.path);
    if (next.isPresent()) {
      use(next.get(), effects);
      abortSilent(effects);
    } else {
      aloneSince = now;
      effects.add(new Effect.UseNone<>());
    }
  }

  /** When {@link #onTimeout} should be called next; null for never. */
  public @Nullable Instant deadline() {
    if (aloneSince != null) {
      return aloneSince.plus(patience);
    }
    Instant first = null;
    if (role == Session.Role.DECIDER) {
      for (Entry<P> entry : paths) {
        Instant since = entry.standsBySince;
        if (since != null && (first == null || since.plus(GRACE).isBefore(first))) {
          first = since.plus(GRACE);
        }
      }
    }
    return first;
  }

  /** Time has passed. */
  public List<Effect<P>> onTimeout(Instant now) {
    List<Effect<P>> effects = new ArrayList<>();
    if (aloneSince != null) {
      if (!now.isBefore(aloneSince.plus(patience))) {
        effects.add(new Effect.GiveUp<>());
      }
      return effects;
    }
    if (role == Session.Role.DECIDER) {
      paths.removeIf(
          each -> {
            Instant since = each.standsBySince;
            boolean retires = since != null && !now.isBefore(since.plus(GRACE));
            if (retires) {
              effects.add(new Effect.Retire<>(each.path));
            }
            return retires;
          });
    }
    return effects;
  }
}
