package dev.crust.natlab.verify;

import dev.crust.Identity;
import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Link;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.natlab.sim.Simulation;
import dev.crust.proto.punch.Plan;
import dev.crust.spi.Protocol;
import dev.crust.spi.TraversalCandidate;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Traversals of one pair through a public introducer, in the simulator: hosts {@code a} and {@code
 * b} find out what stands before them, and then look for a path together. Immutable.
 */
final class Traversal {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** As long is it watched that nothing is sent where nothing is to be. */
  private static final Duration QUIET = Duration.ofSeconds(1);

  private static final Link INTRODUCER = Link.DEFAULT.withDelay(Duration.ofMillis(5));

  /**
   * What came of it.
   *
   * @param legs by each protocol that was allowed
   * @param rounds how many rounds were agreed on
   * @param ledgers what the first and the second host sent
   */
  record Outcome(
      Map<Protocol, Leg> legs, int rounds, List<PunchLedger> ledgers, String explanation) {
    Leg by(Protocol protocol) {
      return Objects.requireNonNull(legs.get(protocol));
    }

    /** What both sides sent by a protocol in order to punch or dial. */
    int spent(Protocol protocol) {
      return ledgers.stream().mapToInt(ledger -> ledger.packets(protocol)).sum();
    }
  }

  /**
   * What came of one protocol.
   *
   * @param remote where the first host has its path, if both have one
   * @param obstacle why nothing was to be done, if nothing was
   * @param time from the offer until both sides had a path
   */
  record Leg(
      Optional<InetSocketAddress> remote, Optional<Plan.Step.NoWay> obstacle, Duration time) {
    boolean connected() {
      return remote.isPresent();
    }
  }

  private final Identity smaller;
  private final Identity larger;
  private final Identity introducer = Identity.ephemeral();

  Traversal() {
    Identity one = Identity.ephemeral();
    Identity other = Identity.ephemeral();
    boolean ordered = one.peerId().compareTo(other.peerId()) < 0;
    this.smaller = ordered ? one : other;
    this.larger = ordered ? other : one;
  }

  /** Of a host here and one there. */
  Outcome run(
      Place one,
      Place other,
      Unsolicited unsolicited,
      Set<Protocol> allowed,
      Circumstances circumstances,
      Consumer<String> log) {
    List<Element> elements = new ArrayList<>();
    elements.addAll(one.elements("a", unsolicited));
    elements.addAll(other.elements("b", unsolicited));
    return run(elements, allowed, circumstances, log);
  }

  /**
   * Of the hosts {@code a} and {@code b} of these elements, by all that is allowed at once.
   *
   * @param log hears the lines of the world's event log
   */
  Outcome run(
      List<Element> elements,
      Set<Protocol> allowed,
      Circumstances circumstances,
      Consumer<String> log) {
    List<Element> all = new ArrayList<>();
    all.add(Scenario.publicHost("stun").running(Server.COTURN).withLink(INTRODUCER));
    elements.forEach(each -> all.add(circumstances.lay(each)));
    Scenario scenario = new Scenario(all);
    Simulation world = Simulation.of(scenario, circumstances.seed(), log);
    TraversalIntroducer desk =
        new TraversalIntroducer(world, world.host("stun"), introducer.peerId());
    Identity first = circumstances.oneControls() ? smaller : larger;
    Identity second = circumstances.oneControls() ? larger : smaller;
    TraversalPeer a =
        new TraversalPeer(
            world,
            world.host("a"),
            first,
            second.peerId(),
            allowed,
            circumstances.opener(),
            circumstances.lagOne(),
            circumstances.seed());
    TraversalPeer b =
        new TraversalPeer(
            world,
            world.host("b"),
            second,
            first.peerId(),
            allowed,
            circumstances.opener(),
            circumstances.lagOther(),
            circumstances.seed() + 1);
    boolean ready =
        world.runUntil(
            () ->
                a.ready() && b.ready() && desk.knows(first.peerId()) && desk.knows(second.peerId()),
            PATIENCE);
    if (!ready) {
      throw new IllegalStateException("not ready: " + a.explanation() + "; " + b.explanation());
    }
    Instant began = world.now();
    if (circumstances.loss() > 0) {
      change(world, scenario, circumstances.line().withLoss(circumstances.loss()));
      world.after(Circumstances.LOSSY_TIME, () -> change(world, scenario, circumstances.line()));
    }
    (circumstances.oneAsks() ? a : b).connect();
    boolean agreed = world.runUntil(() -> a.round().isPresent() && b.round().isPresent(), PATIENCE);
    if (!agreed) {
      throw new IllegalStateException("no plan: " + a.explanation() + "; " + b.explanation());
    }
    world.runUntil(
        () -> connected(a, a.hopes()) && connected(b, a.hopes()),
        a.hopes().isEmpty() ? QUIET : PATIENCE);
    Map<Protocol, Leg> legs = new EnumMap<>(Protocol.class);
    allowed.forEach(protocol -> legs.put(protocol, leg(a, b, protocol, began)));
    return new Outcome(
        legs,
        a.round().orElseThrow().number(),
        List.of(a.ledger(), b.ledger()),
        a.explanation() + "\n" + b.explanation());
  }

  private static void change(Simulation world, Scenario scenario, Link line) {
    scenario.homes().forEach(home -> world.apply(Scenario.changeLink(home.name(), line)));
  }

  private static boolean connected(TraversalPeer peer, Set<Protocol> by) {
    return !by.isEmpty() && by.stream().allMatch(protocol -> peer.path(protocol).isPresent());
  }

  private static Leg leg(TraversalPeer a, TraversalPeer b, Protocol protocol, Instant began) {
    Plan.Step step = Plan.of(a.round().orElseThrow()).step(protocol);
    boolean both = a.path(protocol).isPresent() && b.path(protocol).isPresent();
    Instant later =
        a.since(protocol).isBefore(b.since(protocol)) ? b.since(protocol) : a.since(protocol);
    return new Leg(
        a.path(protocol).filter(path -> both).map(TraversalCandidate::address),
        step instanceof Plan.Step.NoWay noWay ? Optional.of(noWay) : Optional.empty(),
        both ? Duration.between(began, later) : PATIENCE);
  }
}
