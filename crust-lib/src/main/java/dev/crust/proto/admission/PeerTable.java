package dev.crust.proto.admission;

import dev.crust.PeerId;
import dev.crust.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of a path to a peer: the first of a new connection, or one more of that
 * which both hold. So two endpoints never have two connections. The one with the smaller id
 * decides, the other follows its Admit.
 *
 * <table>
 * <caption>What a Hello leads to</caption>
 * <tr><th>the peer is</th><th>we hold</th><th>we decide</th><th>we follow</th></tr>
 * <tr><td>ourselves</td><td>–</td><td colspan="2">Refuse(self)</td></tr>
 * <tr><td>an incarnation that another has replaced</td><td>–</td><td colspan="2">Refuse(key in use twice)</td></tr>
 * <tr><td>a new incarnation</td><td>a connection with the old</td><td>End(peer restarted), Admit</td>
 * <td>End(peer restarted), wait</td></tr>
 * <tr><td>known; either came to resume a connection</td><td>not that</td><td colspan="2">Refuse(closed)</td></tr>
 * <tr><td>known</td><td>nothing</td><td>Admit</td><td>wait</td></tr>
 * <tr><td>known, and holds our connection</td><td>a connection</td><td>Join</td><td>wait</td></tr>
 * <tr><td>known, and does not hold it; we came to resume it</td><td>a connection</td><td colspan="2">End(closed by
 * peer), Refuse(closed)</td></tr>
 * <tr><td>known, and does not say that it holds it</td><td>a connection</td><td>Probe it: if it is alive,
 * Refuse(duplicate); if silent for a second, End(silent), Admit</td><td>wait</td></tr>
 * </table>
 *
 * <p>Followed is not an Admit that names a connection which is over on this side: it was on its way
 * when we closed, and brings nothing back.
 *
 * @param <P> a path
 */
public final class PeerTable<P> {
  /** How long a connection may take to prove itself alive when a new path contends with it. */
  public static final Duration PROBE_TIMEOUT = Duration.ofSeconds(1);

  private static final int MAX_REMEMBERED_PEERS = 1024;
  private static final int MAX_REPLACED_INCARNATIONS = 4;

  /** More than two can make and close while a path that lost a race is still on its way. */
  private static final int MAX_OVER = 64;

  private static final int MAX_CONTENDERS = 4;

  /** What is to be done. */
  public sealed interface Effect<P> {
    /** Tell the peer that this path carries a new connection of this name, and use it. */
    record Admit<P>(P path, Token connection) implements Effect<P> {}

    /** Tell the peer that this path belongs to the connection that both hold, and use it so. */
    record Join<P>(P path, Token connection) implements Effect<P> {}

    /** The peer has told us that this path carries a new connection: use it. */
    record Follow<P>(P path, Token connection) implements Effect<P> {}

    /** The peer has told us that this path belongs to the connection that both hold. */
    record FollowJoin<P>(P path, Token connection) implements Effect<P> {}

    /** Tell the peer why not, and close the path. */
    record Refuse<P>(P path, Reason reason) implements Effect<P> {}

    /** The connection is over. */
    record End<P>(PeerId peer, Token connection, Reason reason) implements Effect<P> {}

    /** Ask the connection for a sign of life. */
    record Probe<P>(PeerId peer, Token connection) implements Effect<P> {}
  }

  private record Open(Token connection, Token incarnation) {}

  private record Contender<P>(P path, Token incarnation) {}

  private static final class Peer<P> {
    final PeerId id;
    @Nullable Open open;
    final ArrayDeque<Contender<P>> contenders = new ArrayDeque<>(1);
    @Nullable Instant probeEnds;

    /** Paths on which the peer has not decided yet, and its incarnation on each. */
    Map<P, Token> following = Map.of();

    List<Token> replaced = List.of();

    /** Connections that are over on this side, while the peer may not know yet. */
    List<Token> over = List.of();

    Peer(PeerId id) {
      this.id = id;
    }

    void follow(P path, Token incarnation) {
      following = following.isEmpty() ? new HashMap<>(2) : following;
      following.put(path, incarnation);
    }

    /** The incarnation that has greeted on the path; null if it is not waited for. */
    @Nullable Token unfollow(P path) {
      if (!following.containsKey(path)) {
        return null;
      }
      Token incarnation = following.remove(path);
      following = following.isEmpty() ? Map.of() : following;
      return incarnation;
    }

    void end(Open ended) {
      open = null;
      over = latest(over, ended.connection, MAX_OVER);
    }

    /** These and one more, of which the oldest goes if they are too many. Most peers have none. */
    private static List<Token> latest(List<Token> before, Token added, int most) {
      return Stream.concat(
              before.stream().skip(Math.max(0, before.size() + 1 - most)), Stream.of(added))
          .toList();
    }

    boolean idle() {
      return open == null && contenders.isEmpty() && following.isEmpty();
    }
  }

  private final PeerId self;
  private final RandomGenerator random;
  private final Map<PeerId, Peer<P>> peers = new LinkedHashMap<>(16, 0.75f, true);

  /** The table of an endpoint. */
  public PeerTable(PeerId self, RandomGenerator random) {
    this.self = self;
    this.random = random;
  }

  /**
   * A peer has greeted us on a path.
   *
   * @param resumes the connection for which we dialled the path, if it was one
   */
  public List<Effect<P>> onHello(
      P path, PeerId id, Greeting hello, Optional<Token> resumes, Instant now) {
    if (id.equals(self)) {
      return List.of(new Effect.Refuse<>(path, Reason.SELF));
    }
    if (!peers.containsKey(id)) {
      // Before the newcomer is in: it has no path yet, and would be the one to go.
      forgetIdle();
    }
    Peer<P> peer = peers.computeIfAbsent(id, Peer::new);
    if (peer.replaced.contains(hello.incarnation())) {
      return List.of(new Effect.Refuse<>(path, Reason.KEY_IN_USE_TWICE));
    }
    List<Effect<P>> effects = new ArrayList<>();
    Open open = peer.open;
    if (open != null && !open.incarnation.equals(hello.incarnation())) {
      endOldIncarnation(peer, open, effects);
      open = null;
    }
    Optional<Token> ours = Optional.ofNullable(open).map(Open::connection);
    boolean late = resumes.isPresent() && !resumes.equals(ours);
    if (late || (hello.resumes() && !hello.held().equals(ours))) {
      effects.add(new Effect.Refuse<>(path, Reason.CLOSED));
    } else if (open != null && resumes.isPresent() && !hello.held().equals(ours)) {
      effects.add(new Effect.End<>(id, open.connection, Reason.CLOSED_BY_PEER));
      peer.end(open);
      effects.add(new Effect.Refuse<>(path, Reason.CLOSED));
      admitContender(peer, now, effects);
    } else if (self.compareTo(id) > 0) {
      peer.follow(path, hello.incarnation());
    } else if (open == null) {
      admit(peer, path, hello.incarnation(), effects);
    } else if (hello.held().equals(ours)) {
      effects.add(new Effect.Join<>(path, open.connection));
    } else if (peer.contenders.size() == MAX_CONTENDERS) {
      effects.add(new Effect.Refuse<>(path, Reason.DUPLICATE));
    } else {
      peer.contenders.add(new Contender<>(path, hello.incarnation()));
      if (peer.probeEnds == null) {
        probe(peer, open, now, effects);
      }
    }
    return effects;
  }

  private void endOldIncarnation(Peer<P> peer, Open open, List<Effect<P>> effects) {
    effects.add(new Effect.End<>(peer.id, open.connection, Reason.PEER_RESTARTED));
    peer.end(open);
    refuseContenders(peer, Reason.PEER_RESTARTED, effects);
    peer.replaced = Peer.latest(peer.replaced, open.incarnation, MAX_REPLACED_INCARNATIONS);
  }

  private void probe(Peer<P> peer, Open open, Instant now, List<Effect<P>> effects) {
    peer.probeEnds = now.plus(PROBE_TIMEOUT);
    effects.add(new Effect.Probe<>(peer.id, open.connection));
  }

  private void refuseContenders(Peer<P> peer, Reason reason, List<Effect<P>> effects) {
    peer.contenders.forEach(contender -> effects.add(new Effect.Refuse<>(contender.path, reason)));
    peer.contenders.clear();
    peer.probeEnds = null;
  }

  /**
   * There is no connection any more: the first who contended gets its chance, and must prove itself
   * to the others.
   */
  private void admitContender(Peer<P> peer, Instant now, List<Effect<P>> effects) {
    peer.probeEnds = null;
    Contender<P> first = peer.contenders.poll();
    if (first != null) {
      Open open = admit(peer, first.path, first.incarnation, effects);
      if (!peer.contenders.isEmpty()) {
        probe(peer, open, now, effects);
      }
    }
  }

  private Open admit(Peer<P> peer, P path, Token incarnation, List<Effect<P>> effects) {
    Open open = new Open(Token.random(random), incarnation);
    peer.open = open;
    effects.add(new Effect.Admit<>(path, open.connection));
    return open;
  }

  /** The peer, whose id is smaller than ours, admits a path on which it had greeted us. */
  public List<Effect<P>> onAdmit(P path, PeerId id, Token connection) {
    Peer<P> peer = peers.get(id);
    Token incarnation = peer == null ? null : peer.unfollow(path);
    if (peer == null || incarnation == null || peer.replaced.contains(incarnation)) {
      return List.of(new Effect.Refuse<>(path, Reason.PROTOCOL_VIOLATION));
    }
    Open open = peer.open;
    if (open != null && open.connection.equals(connection)) {
      return List.of(new Effect.FollowJoin<>(path, connection));
    }
    if (peer.over.contains(connection)) {
      return List.of(new Effect.Refuse<>(path, Reason.CLOSED));
    }
    List<Effect<P>> effects = new ArrayList<>();
    if (open != null) {
      effects.add(new Effect.End<>(id, open.connection, Reason.PATH_LOST));
      peer.end(open);
    }
    peer.open = new Open(connection, incarnation);
    effects.add(new Effect.Follow<>(path, connection));
    return effects;
  }

  /** The connection has shown a sign of life after it was probed. */
  public List<Effect<P>> onAlive(PeerId id, Token connection) {
    Peer<P> peer = peers.get(id);
    List<Effect<P>> effects = new ArrayList<>();
    if (peer != null && holds(peer, connection)) {
      refuseContenders(peer, Reason.DUPLICATE, effects);
    }
    return effects;
  }

  private static boolean holds(Peer<?> peer, Token connection) {
    return peer.open != null && peer.open.connection.equals(connection);
  }

  /**
   * A connection is over, on this side.
   *
   * @param dropped whether our user has dropped it: those who contended for it are not wanted
   *     either
   */
  public List<Effect<P>> onOver(PeerId id, Token connection, boolean dropped, Instant now) {
    Peer<P> peer = peers.get(id);
    List<Effect<P>> effects = new ArrayList<>();
    Open open = peer == null ? null : peer.open;
    if (peer != null && open != null && open.connection.equals(connection)) {
      peer.end(open);
      if (dropped) {
        refuseContenders(peer, Reason.CLOSED, effects);
      }
      admitContender(peer, now, effects);
    }
    return effects;
  }

  /** A path is gone, whatever it was. */
  public void onClosed(P path, PeerId id) {
    Peer<P> peer = peers.get(id);
    if (peer != null) {
      peer.unfollow(path);
      peer.contenders.removeIf(contender -> contender.path.equals(path));
      if (peer.contenders.isEmpty()) {
        peer.probeEnds = null;
      }
    }
  }

  /** When {@link #onTimeout} should be called next; null for never. */
  public @Nullable Instant deadline() {
    Instant earliest = null;
    for (Peer<P> peer : peers.values()) {
      Instant ends = peer.probeEnds;
      if (ends != null && (earliest == null || ends.isBefore(earliest))) {
        earliest = ends;
      }
    }
    return earliest;
  }

  /** Time has passed. */
  public List<Effect<P>> onTimeout(Instant now) {
    List<Effect<P>> effects = new ArrayList<>();
    for (Peer<P> peer : peers.values()) {
      Open open = peer.open;
      if (open != null && peer.probeEnds != null && !now.isBefore(peer.probeEnds)) {
        effects.add(new Effect.End<>(peer.id, open.connection, Reason.SILENT));
        peer.end(open);
        admitContender(peer, now, effects);
      }
    }
    return effects;
  }

  /** The connection that is held with this peer. */
  public Optional<Token> open(PeerId id) {
    Peer<P> peer = peers.get(id);
    return peer == null || peer.open == null ? Optional.empty() : Optional.of(peer.open.connection);
  }

  /**
   * Only the replaced incarnations of peers without a path are at stake; the least recently seen go
   * first.
   */
  private void forgetIdle() {
    if (peers.size() >= MAX_REMEMBERED_PEERS) {
      peers.values().stream()
          .filter(Peer::idle)
          .findFirst()
          .ifPresent(eldest -> peers.values().remove(eldest));
    }
  }
}
