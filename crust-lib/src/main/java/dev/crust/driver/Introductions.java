package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.Candidate;
import dev.crust.Path;
import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Carried;
import dev.crust.proto.punch.Introducer;
import dev.crust.proto.punch.RateLimits;
import dev.crust.proto.punch.Signalling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Introductions between endpoints that are not connected, by a peer of both: carries the signals of
 * others, and has its own carried. On the control loop.
 */
final class Introductions {
  /** As many are asked for one peer. */
  private static final int MAX_INTRODUCERS = 8;

  /** As many may be brought to us at one time. */
  private static final int MAX_GUESTS = 16;

  private final EndpointContext context;
  private final Peers peers;
  private final Traversals all;
  private final Introducer introducer;
  private final RateLimits<PeerId> guests = new RateLimits<>(16, 4, 256);
  private final Map<PeerId, Introduced> paths = new HashMap<>();

  Introductions(EndpointContext context, Peers peers, Traversals all) {
    this.context = context;
    this.peers = peers;
    this.all = all;
    this.introducer = new Introducer(context.self());
  }

  /** Who could introduce us to a peer: those that were named for it, then others. */
  List<PeerId> towards(PeerId peer, List<PeerId> named) {
    List<PeerId> found = new ArrayList<>();
    if (context.punches()) {
      named.stream().distinct().filter(each -> introduces(each, peer)).forEach(found::add);
      peers.connections().keySet().stream()
          .filter(each -> !found.contains(each) && introduces(each, peer))
          .forEach(found::add);
    }
    return found.subList(0, Math.min(found.size(), MAX_INTRODUCERS));
  }

  private boolean introduces(PeerId introducer, PeerId to) {
    return !introducer.equals(to) && isAtHand(introducer);
  }

  /** Whether a peer is connected, by a direct path, and knows of signals. */
  private boolean isAtHand(PeerId peer) {
    LocalConnection connection = peers.connections().get(peer);
    return connection != null
        && connection.peerPunches()
        && connection.path().method() != Path.Method.RELAYED;
  }

  /** A peer wants something carried. */
  void onAsk(LocalConnection from, byte[] body) throws MalformedMessageException {
    Introducer.Effect effect =
        introducer.onIntroduce(from.peer(), body, from.whereWeSee(), this::isAtHand, context.now());
    if (effect instanceof Introducer.Effect.Forward forward) {
      LocalConnection to = peers.connections().get(forward.to());
      if (to != null) {
        all.signals().send(to, new Signalling.Carry(forward.body()));
      }
    } else if (effect instanceof Introducer.Effect.Refuse refuse) {
      all.signals().send(from, new Signalling.Carry(refuse.body()));
    }
  }

  /** A peer has carried something for us, or has not. */
  void onCarried(LocalConnection by, byte[] body) throws MalformedMessageException {
    Carried carried = Carried.read(body);
    if (carried instanceof Carried.Refused refused) {
      Introduced known = paths.get(refused.to());
      if (known != null && known.by == by) {
        known.failed("the introducer does not carry signals: " + refused.why(), List.of());
      }
    } else if (carried instanceof Carried.FromPeer from) {
      onSignal(by, from);
    }
  }

  private void onSignal(LocalConnection by, Carried.FromPeer from) {
    Introduced known = paths.get(from.from());
    boolean guest = known == null;
    if (known == null && admits(by.peer(), from.from())) {
      known = open(from.from(), by, (sentence, attempts) -> {});
    }
    if (known == null) {
      return;
    }
    if (known.chosen || all.isRelayOfOurs(by.peer())) {
      from.observed().ifPresent(ip -> all.onObserved(from.from(), ip));
    }
    try {
      known.traversal.onSignal(from.signal());
    } catch (MalformedMessageException e) {
      // The introducer does not look into what it carries, so this is not its fault.
      if (guest) {
        known.end();
      }
    }
  }

  private boolean admits(PeerId by, PeerId guest) {
    return context.punches()
        && !guest.equals(context.self())
        && !hasDirectPath(guest)
        && paths.values().stream().filter(path -> !path.chosen).count() < MAX_GUESTS
        && guests.allows(by, context.now());
  }

  /** By a relay the two may be connected before the first signal comes. */
  private boolean hasDirectPath(PeerId peer) {
    LocalConnection connection = peers.connections().get(peer);
    return connection != null && connection.path().method() != Path.Method.RELAYED;
  }

  /** Whether a path to this peer is being looked for. */
  boolean isRunning(PeerId peer) {
    return paths.containsKey(peer);
  }

  /**
   * Asks a peer, through an introducer, to find a path together.
   *
   * @param failed hears, once, why there is none
   * @return what is to be ended if nobody needs it any more; null if the introducer has left
   */
  @Nullable Introduced ask(
      PeerId peer, PeerId introducer, BiConsumer<String, List<Attempt>> failed) {
    Introduced known = paths.get(peer);
    if (known != null) {
      // The peer was faster.
      known.failure = failed;
      return known;
    }
    LocalConnection by = peers.connections().get(introducer);
    if (by == null) {
      return null;
    }
    Introduced begun = open(peer, by, failed);
    begun.chosen = true;
    begun.traversal.ask();
    return begun;
  }

  private Introduced open(
      PeerId peer, LocalConnection by, BiConsumer<String, List<Attempt>> failed) {
    Introduced begun = new Introduced(peer, by, failed);
    paths.put(peer, begun);
    begun.end.set(context.now().plus(context.dialTimeout()), begun::onTimeIsUp);
    return begun;
  }

  /** The endpoint closes. */
  void close() {
    List.copyOf(paths.values()).forEach(Introduced::end);
  }

  /** A peer has a direct path: who looks for one may stop. */
  void onConnected(PeerId peer) {
    Introduced known = paths.remove(peer);
    if (known != null) {
      known.stop();
      // The path that has led there is still to join the connection.
      known.traversal.rest();
    }
  }

  /** Looks for a first path to a peer. */
  final class Introduced implements Traversal.Course {
    private final PeerId peer;
    private final LocalConnection by;
    private final Traversal traversal;
    private BiConsumer<String, List<Attempt>> failure;
    private boolean chosen;
    private boolean over;
    private final Alarm end = new Alarm(context);

    Introduced(PeerId peer, LocalConnection by, BiConsumer<String, List<Attempt>> failure) {
      this.peer = peer;
      this.by = by;
      this.failure = failure;
      this.traversal = new Traversal(peer, context, all, this);
    }

    /** Nobody needs it any more. */
    void end() {
      if (!over) {
        stop();
        paths.remove(peer, this);
        traversal.end();
        if (!peers.isOpen(peer)) {
          all.forget(peer);
        }
        all.onIntroductionOver(peer);
      }
    }

    private void stop() {
      over = true;
      end.stop();
    }

    private void onTimeIsUp() {
      failed("the time is over", List.of());
    }

    @Override
    public void send(byte[] signal) {
      all.signals().send(by, new Signalling.Ask(Carried.ask(peer, signal)));
    }

    @Override
    public PeerPath.Fate fate(Consumer<Reason> failed) {
      return new IntroducedFate(context, peers, failed);
    }

    @Override
    public void met(Candidate there) {
      all.met(peer, there);
    }

    @Override
    public void failed(String sentence, List<Attempt> attempts) {
      if (!over) {
        end();
        failure.accept(sentence, attempts);
      }
    }
  }
}
