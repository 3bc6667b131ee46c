package dev.crust.natlab.verify;

import dev.crust.Identity;
import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.natlab.sim.Simulation;
import dev.crust.proto.nat.StunEvidence;
import dev.crust.proto.punch.Plan;
import dev.crust.proto.punch.UdpPunch;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A traversal of one pair through a public introducer, in the simulator. */
final class Traversal {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * What came of it.
   *
   * @param relayReason why no direct path was tried, if none was
   * @param time from the offer until both sides had a path
   * @param spent what both sides sent
   */
  record Outcome(
      boolean connected,
      Optional<String> relayReason,
      Duration time,
      int spent,
      int rounds,
      String explanation) {}

  private final Identity smaller;
  private final Identity larger;

  Traversal() {
    Identity one = Identity.ephemeral();
    Identity other = Identity.ephemeral();
    boolean ordered = one.peerId().compareTo(other.peerId()) < 0;
    this.smaller = ordered ? one : other;
    this.larger = ordered ? other : one;
  }

  /** What a host here finds out about its network. */
  static Situation facts(Place place) {
    NatType outermost = place.carrier().orElse(place.home());
    Optional<NatBehaviour> udp = Optional.of(new SimProbe(Nat.of(outermost), 1).udp());
    Optional<NatBehaviour> tcp = Optional.of(new SimProbe(Nat.of(outermost), 1).tcp());
    // The simulator's STUN server does not listen on 443, which only one type would need.
    Optional<NatBehaviour> tcp443 =
        outermost.equals(NatType.TCP_443_ONLY)
            ? Optional.of(new SimProbe(Nat.of(NatType.PORT_RESTRICTED), 1).tcp())
            : tcp;
    return StunEvidence.situation(udp, tcp, tcp443, List.of());
  }

  /** Of hosts {@code a} and {@code b}; even seeds let the smaller peer id begin. */
  Outcome run(
      PunchMatrix.Pair pair,
      Unsolicited unsolicited,
      UdpPunch.Opener opener,
      Situation one,
      Situation other,
      long seed) {
    List<Element> elements = new ArrayList<>();
    elements.addAll(pair.one().elements("a", unsolicited));
    elements.addAll(pair.other().elements("b", unsolicited));
    Protocol protocol = pair.transport() == Transport.TCP ? Protocol.TCP : Protocol.UDP;
    return run(elements, Set.of(protocol), opener, one, other, seed);
  }

  /** Of hosts {@code a} and {@code b} of these elements. */
  Outcome run(
      List<Element> elements,
      Set<Protocol> allowed,
      UdpPunch.Opener opener,
      Situation one,
      Situation other,
      long seed) {
    List<Element> all = new ArrayList<>(elements);
    // Carriers stand above the homes that refer to them.
    all.add(0, Scenario.publicHost("stun").running(Server.COTURN));
    Simulation world = Simulation.of(new Scenario(all), seed, line -> {});
    TraversalIntroducer introducer =
        new TraversalIntroducer(world, world.host("stun"), Identity.ephemeral().peerId());
    Identity first = seed % 2 == 0 ? smaller : larger;
    Identity second = seed % 2 == 0 ? larger : smaller;
    TraversalPeer a =
        new TraversalPeer(
            world, world.host("a"), first, second.peerId(), one, allowed, opener, seed);
    TraversalPeer b =
        new TraversalPeer(
            world, world.host("b"), second, first.peerId(), other, allowed, opener, seed + 1);
    boolean ready =
        world.runUntil(
            () ->
                a.ready()
                    && b.ready()
                    && introducer.knows(first.peerId())
                    && introducer.knows(second.peerId()),
            PATIENCE);
    if (!ready) {
      throw new IllegalStateException("not ready: " + a.explanation() + "; " + b.explanation());
    }
    Instant began = world.now();
    a.connect();
    world.runUntil(() -> a.round().isPresent() && b.round().isPresent(), PATIENCE);
    boolean planned =
        Plan.of(a.round().orElseThrow()).steps().stream()
            .anyMatch(
                step ->
                    allowed.contains(step.protocol())
                        && !(step instanceof dev.crust.proto.punch.Plan.Step.NoWay));
    boolean connected =
        world.runUntil(
            () -> a.connected() && b.connected(), planned ? PATIENCE : Duration.ofSeconds(1));
    return new Outcome(
        connected,
        planned
            ? Optional.empty()
            : Plan.of(a.round().orElseThrow()).steps().stream().map(Object::toString).findFirst(),
        Duration.between(began, world.now()),
        a.spent() + b.spent(),
        a.round().orElseThrow().number(),
        a.explanation() + "\n" + b.explanation());
  }

  /** Where the two of a LAN meet: of hosts {@code a} and {@code b} in one home. */
  Optional<InetSocketAddress> onLan(Nat nat, Situation facts, Protocol protocol, long seed) {
    Simulation world =
        Simulation.of(
            Scenario.of(
                Scenario.publicHost("stun").running(Server.COTURN),
                Scenario.home("home", nat).withHosts("a", "b")),
            seed,
            line -> {});
    TraversalIntroducer introducer =
        new TraversalIntroducer(world, world.host("stun"), Identity.ephemeral().peerId());
    TraversalPeer a =
        new TraversalPeer(
            world,
            world.host("a"),
            smaller,
            larger.peerId(),
            facts,
            Set.of(protocol),
            UdpPunch.Opener.NONE,
            seed);
    TraversalPeer b =
        new TraversalPeer(
            world,
            world.host("b"),
            larger,
            smaller.peerId(),
            facts,
            Set.of(protocol),
            UdpPunch.Opener.NONE,
            seed + 1);
    world.runUntil(
        () ->
            a.ready()
                && b.ready()
                && introducer.knows(smaller.peerId())
                && introducer.knows(larger.peerId()),
        PATIENCE);
    a.connect();
    world.runUntil(() -> a.connected() && b.connected(), PATIENCE);
    return a.path(protocol).map(each -> each.address());
  }
}
