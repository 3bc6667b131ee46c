package dev.crust.cli;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import dev.crust.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whom a node dials, and when. A machine: it is told what happens and when, and answers with the
 * addresses to dial now.
 *
 * <p>A peer found on the LAN is dialled by whichever side has the smaller id; the other side waits
 * {@link #GLARE_PAUSE} for it, so that the two do not cross. Peers that were found, asked for or
 * configured are dialled again when they are lost, with {@link Backoff}; unless somebody closed the
 * connection, which rests the matter until the user asks or the peer comes by itself.
 *
 * <pre>
 *   (unknown) --found--> DUE --time--> DIALLING --connected--> UP --lost--> DUE
 *                         ^--failed-------'                     '--closed--> RESTING
 * </pre>
 */
final class KeptPeers {
  /** Dials at once, those that the user asks for aside. */
  static final int MAX_DIALS = 8;

  /** Connections to peers that were found on the LAN. */
  static final int MAX_FOUND = 64;

  /** Peers remembered that are not connected. */
  static final int MAX_KNOWN = 256;

  static final Duration GLARE_PAUSE = Duration.ofMillis(500);

  /** A connection that held this long has proven itself: its loss starts the backoff anew. */
  static final Duration PROVEN = Duration.ofSeconds(10);

  /** A peer that was found, and then not reached so often, is forgotten until it is heard again. */
  static final int MAX_FAILURES = 10;

  private static final Set<Reason> CLOSED =
      Set.of(Reason.CLOSED, Reason.CLOSED_BY_PEER, Reason.ENDPOINT_CLOSED);

  private enum Origin {
    /** It came to us. */
    CAME,
    FOUND,
    ASKED,
    CONFIGURED
  }

  private enum State {
    DUE,
    DIALLING,
    UP,
    RESTING
  }

  private static final class Peer {
    CrustAddress address;
    Origin origin;
    State state;
    boolean everUp;
    int failures;
    Instant since;

    Peer(CrustAddress address, Origin origin, State state, Instant since) {
      this.address = address;
      this.origin = origin;
      this.state = state;
      this.since = since;
    }

    /** When {@link State#DUE}: the time to dial. Else when the state began. */
    void become(State state, Instant since) {
      this.state = state;
      this.since = since;
      everUp |= state == State.UP;
    }
  }

  private final PeerId self;
  private final Backoff backoff;
  private final Map<PeerId, Peer> peers = new LinkedHashMap<>();

  KeptPeers(PeerId self, Backoff backoff) {
    this.self = self;
    this.backoff = backoff;
  }

  /** The user configured these to join through. */
  List<CrustAddress> onConfigured(List<CrustAddress> addresses, Instant now) {
    for (CrustAddress address : addresses) {
      if (!address.peer().equals(self)) {
        peers.put(address.peer(), new Peer(address, Origin.CONFIGURED, State.DUE, now));
      }
    }
    return onTimeout(now);
  }

  /** The user wants this peer, now. An address that leads nowhere stands for what we know. */
  List<CrustAddress> onAsked(CrustAddress asked, Instant now) {
    Peer peer =
        peers.computeIfAbsent(
            asked.peer(), id -> new Peer(asked, Origin.ASKED, State.RESTING, now));
    if (peer.origin != Origin.CONFIGURED) {
      peer.origin = Origin.ASKED;
    }
    if (!asked.candidates().isEmpty() || !asked.via().isEmpty()) {
      peer.address = asked;
    }
    if (peer.state == State.UP) {
      return List.of();
    }
    peer.become(State.DIALLING, now);
    return List.of(peer.address);
  }

  /** A peer of our network was heard on the LAN. */
  List<CrustAddress> onDiscovered(CrustAddress address, Instant now) {
    if (address.peer().equals(self)) {
      return List.of();
    }
    Peer peer = peers.remove(address.peer());
    boolean moved = peer == null || !peer.address.candidates().containsAll(address.candidates());
    if (peer == null) {
      if (!makeRoom()) {
        return List.of();
      }
      peer = new Peer(address, Origin.FOUND, State.DUE, glare(address, now));
    } else if (peer.state == State.DUE && moved) {
      peer.since = earlier(peer.since, glare(address, now));
    }
    if (peer.origin == Origin.CAME) {
      peer.origin = Origin.FOUND;
    }
    peer.address = joined(address, peer.address);
    peers.put(address.peer(), peer);
    return onTimeout(now);
  }

  /** A connection came up, whoever dialled. */
  List<CrustAddress> onConnected(PeerId id, Instant now) {
    peers
        .computeIfAbsent(
            id, it -> new Peer(CrustAddress.of(it, List.of()), Origin.CAME, State.UP, now))
        .become(State.UP, now);
    return onTimeout(now);
  }

  /** A dial ended well. Its connection is told of by {@link #onConnected}, before or after. */
  List<CrustAddress> onDialled(PeerId id, Instant now) {
    Peer peer = peers.get(id);
    if (peer != null && peer.state == State.DIALLING) {
      peer.become(State.UP, now);
    }
    return onTimeout(now);
  }

  /** A dial failed. */
  List<CrustAddress> onDialFailed(PeerId id, Instant now) {
    Peer peer = peers.get(id);
    if (peer != null && peer.state == State.DIALLING) {
      peer.failures++;
      boolean given =
          switch (peer.origin) {
            case CAME, FOUND -> peer.failures >= MAX_FAILURES;
            case ASKED -> !peer.everUp;
            case CONFIGURED -> false;
          };
      if (given) {
        peers.remove(id);
      } else {
        peer.become(State.DUE, now.plus(backoff.after(peer.failures - 1)));
      }
    }
    return onTimeout(now);
  }

  /** A connection ended. */
  List<CrustAddress> onLost(PeerId id, Reason reason, Instant now) {
    Peer peer = peers.get(id);
    if (peer == null) {
      return List.of();
    }
    if (peer.state == State.UP) {
      boolean proven = !now.isBefore(peer.since.plus(PROVEN));
      peer.failures = proven ? 0 : peer.failures;
      if (CLOSED.contains(reason)) {
        peer.become(State.RESTING, now);
      } else if (peer.origin == Origin.CAME) {
        peers.remove(id);
      } else {
        peer.become(State.DUE, now.plus(backoff.after(peer.failures)));
        peer.failures += proven ? 0 : 1;
      }
    }
    return onTimeout(now);
  }

  /**
   * The user wants no connection to this peer.
   *
   * @return whether one was up or to be dialled
   */
  boolean onDropped(PeerId id, Instant now) {
    Peer peer = peers.get(id);
    if (peer == null || peer.state == State.RESTING) {
      return false;
    }
    peer.become(State.RESTING, now);
    return true;
  }

  /** When {@link #onTimeout} has something to do next. */
  Optional<Instant> deadline() {
    if (count(State.DIALLING) >= MAX_DIALS) {
      return Optional.empty();
    }
    return peers.values().stream()
        .filter(peer -> peer.state == State.DUE && mayBeUp(peer))
        .map(peer -> peer.since)
        .min(Comparator.naturalOrder());
  }

  /** What is due is dialled, the longest overdue first. */
  List<CrustAddress> onTimeout(Instant now) {
    List<CrustAddress> dials = new ArrayList<>();
    List<Peer> due =
        peers.values().stream()
            .filter(peer -> peer.state == State.DUE && !peer.since.isAfter(now))
            .sorted(Comparator.comparing(peer -> peer.since))
            .toList();
    for (Peer peer : due) {
      if (count(State.DIALLING) < MAX_DIALS && mayBeUp(peer)) {
        peer.become(State.DIALLING, now);
        dials.add(peer.address);
      }
    }
    return dials;
  }

  /** How many are to be dialled, now or later. */
  int retrying() {
    return (int) (count(State.DUE) + count(State.DIALLING));
  }

  private long count(State state) {
    return peers.values().stream().filter(peer -> peer.state == state).count();
  }

  private boolean mayBeUp(Peer peer) {
    return peer.origin != Origin.FOUND
        || peers.values().stream()
                .filter(it -> it.origin == Origin.FOUND)
                .filter(it -> it.state == State.UP || it.state == State.DIALLING)
                .count()
            < MAX_FOUND;
  }

  private Instant glare(CrustAddress address, Instant now) {
    return self.compareTo(address.peer()) < 0 ? now : now.plus(GLARE_PAUSE);
  }

  /**
   * What was heard now, and what was heard of the same listener before: one peer is heard on
   * several links, on each with the address of that link.
   */
  private static CrustAddress joined(CrustAddress now, CrustAddress before) {
    Set<Integer> ports =
        now.candidates().stream()
            .map(candidate -> candidate.address().getPort())
            .collect(Collectors.toSet());
    List<Candidate> candidates =
        Stream.concat(
                now.candidates().stream(),
                before.candidates().stream()
                    .filter(candidate -> ports.contains(candidate.address().getPort())))
            .distinct()
            .limit(CrustAddress.MAX_CANDIDATES)
            .toList();
    return new CrustAddress(now.peer(), candidates, now.via());
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  /** Forgets the peer not heard for the longest time, if there are too many. */
  private boolean makeRoom() {
    if (peers.size() < MAX_KNOWN) {
      return true;
    }
    @Nullable PeerId oldest =
        peers.entrySet().stream()
            .filter(it -> it.getValue().origin == Origin.FOUND)
            .filter(it -> it.getValue().state == State.DUE || it.getValue().state == State.RESTING)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse(null);
    return oldest != null && peers.remove(oldest) != null;
  }
}
