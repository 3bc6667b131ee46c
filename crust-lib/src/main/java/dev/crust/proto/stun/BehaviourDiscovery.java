package dev.crust.proto.stun;

import dev.crust.proto.stun.NatBehaviour.Hairpin;
import dev.crust.proto.stun.StunAttribute.ChangeRequest;
import dev.crust.proto.stun.StunAttribute.Fingerprint;
import dev.crust.proto.stun.StunAttribute.OtherAddress;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Finds out what NAT we are behind, with one server of two addresses (RFC 5780 §4.3 to §4.5).
 *
 * <p>It speaks from several bindings, local sockets that its owner opens on fresh ports and numbers
 * from 0. First each asks the server in turn (port allocation); then 0 asks the server's other
 * addresses (mapping), 1 has it answer from them (filtering) and 2 talks with 0 by their outside
 * addresses (hairpin). Over TCP, each request is a connection of its own from the binding's port,
 * and only mapping and allocation are asked: RFC 5780 has no more.
 *
 * <p>A claim from silence is made only if the server still answers afterwards and the way there
 * loses little; else the answer is "unknown". Confined to one thread.
 */
public final class BehaviourDiscovery {
  /** What the owner is to do. */
  public sealed interface Effect {
    /** Send a message from a binding; over TCP, connect from its port and send it there. */
    record Send(int binding, InetSocketAddress to, StunMessage message) implements Effect {}

    /** All that could be found out is known. */
    record Found(NatBehaviour behaviour) implements Effect {}
  }

  /** The requests, in the order of the method: RFC 5780's numbers are in the comments. */
  private enum Probe {
    /** §4.3 test I, from each binding in turn. */
    ALLOCATION,
    /** §4.3 test II: to the other address, same port. */
    MAPPING_ADDRESS,
    /** §4.3 test III: to the other address and port. */
    MAPPING_PORT,
    /** §4.4 test II: answered from the other address and port. */
    FILTER_ADDRESS,
    /** §4.4 test III: answered from the other port. */
    FILTER_PORT,
    /** Is silence the filter's doing? */
    CONTROL
  }

  private record Running(
      Probe probe, int binding, InetSocketAddress to, Instant begun, StunTransaction transaction) {}

  /** Loss that needs more sends than this makes silence worth nothing. */
  private static final int CALM = 2;

  private static final int HAIRPIN_TRIES = 3;
  private static final Duration HAIRPIN_PAUSE = Duration.ofMillis(500);

  private final InetSocketAddress server;
  private final List<InetSocketAddress> locals;
  private final boolean tcp;
  private final boolean hairpinWanted;
  private final Retransmission schedule;
  private final RandomGenerator random;
  private final Map<TransactionId, Running> running = new LinkedHashMap<>();
  private final Map<Probe, InetSocketAddress> answers = new EnumMap<>(Probe.class);
  private final Map<Integer, InetSocketAddress> reflexive = new LinkedHashMap<>();
  private final List<TransactionId> hairpinIds = new ArrayList<>();
  private Optional<InetSocketAddress> other = Optional.empty();
  private Hairpin hairpin = Hairpin.UNKNOWN;
  private int hairpinTries;
  private Instant hairpinDue = Instant.MAX;
  private int mostSends;

  /**
   * Of the answers so far; those that were repeated included, so rather too much than too little.
   */
  private Duration slowest = Duration.ZERO;

  private boolean serverObeys = true;
  private boolean found;

  private BehaviourDiscovery(
      InetSocketAddress server,
      List<InetSocketAddress> locals,
      boolean tcp,
      boolean hairpinWanted,
      Retransmission schedule,
      RandomGenerator random,
      Instant now) {
    if (locals.size() < 3) {
      throw new IllegalArgumentException("three bindings are the least, not " + locals.size());
    }
    this.server = server;
    this.locals = List.copyOf(locals);
    this.tcp = tcp;
    this.hairpinWanted = hairpinWanted;
    this.schedule = schedule;
    this.random = random;
    begin(Probe.ALLOCATION, 0, server, now);
  }

  /**
   * Over UDP.
   *
   * @param server the server's primary address
   * @param locals the address of each binding, with the interface's address (not the wildcard):
   *     three or more, five to tell a sequence from chance
   */
  public static BehaviourDiscovery udp(
      InetSocketAddress server,
      List<InetSocketAddress> locals,
      Retransmission schedule,
      RandomGenerator random,
      Instant now) {
    return new BehaviourDiscovery(server, locals, false, true, schedule, random, now);
  }

  /**
   * Over UDP without a look for hairpinning, whose silence takes longer than all the rest, and with
   * no more patience for what may be filtered than the answers before it call for; else as {@link
   * #udp}.
   */
  public static BehaviourDiscovery brief(
      InetSocketAddress server,
      List<InetSocketAddress> locals,
      Retransmission schedule,
      RandomGenerator random,
      Instant now) {
    return new BehaviourDiscovery(server, locals, false, false, schedule, random, now);
  }

  /** Over TCP; the rest as for {@link #udp}. */
  public static BehaviourDiscovery tcp(
      InetSocketAddress server,
      List<InetSocketAddress> locals,
      Retransmission schedule,
      RandomGenerator random,
      Instant now) {
    return new BehaviourDiscovery(server, locals, true, false, schedule, random, now);
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} once all is found. */
  public Instant deadline() {
    if (found) {
      return Instant.MAX;
    }
    Instant earliest = hairpinDue;
    for (Running each : running.values()) {
      Instant due = each.transaction().deadline();
      earliest = due.isBefore(earliest) ? due : earliest;
    }
    return earliest;
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    List<Effect> effects = new ArrayList<>();
    for (Running each : List.copyOf(running.values())) {
      handle(each, each.transaction().onTimeout(now), server, now, effects);
    }
    if (!now.isBefore(hairpinDue)) {
      tryHairpin(now, effects);
    }
    flush(now, effects);
    return effects;
  }

  /** A message came in at a binding. */
  public List<Effect> onMessage(
      int binding, InetSocketAddress from, StunMessage message, Instant now) {
    List<Effect> effects = new ArrayList<>();
    boolean request = message.kind() == StunClass.REQUEST;
    if (request && hairpinIds.contains(message.transactionId()) && !found) {
      hairpin = Hairpin.SUPPORTED;
      hairpinDue = Instant.MAX;
      finish(effects);
      return effects;
    }
    Running each = running.get(message.transactionId());
    if (each != null && each.binding() == binding) {
      handle(each, each.transaction().onMessage(message), from, now, effects);
      flush(now, effects);
    }
    return effects;
  }

  /** The connection for a request could not be made. */
  public List<Effect> onUnreachable(TransactionId id, Instant now) {
    List<Effect> effects = new ArrayList<>();
    Running each = running.get(id);
    if (each != null) {
      handle(each, each.transaction().onUnreachable(), server, now, effects);
      flush(now, effects);
    }
    return effects;
  }

  private void begin(Probe probe, int binding, InetSocketAddress to, Instant now) {
    TransactionId id = TransactionId.random(random);
    // FINGERPRINT makes the request long enough for an IPv6 answer of at most twice its size.
    Fingerprint fingerprint = new Fingerprint();
    StunMessage request =
        switch (probe) {
          case FILTER_ADDRESS ->
              StunMessage.bindingRequest(id, new ChangeRequest(true, true), fingerprint);
          case FILTER_PORT ->
              StunMessage.bindingRequest(id, new ChangeRequest(false, true), fingerprint);
          default -> StunMessage.bindingRequest(id, fingerprint);
        };
    boolean silenceTells = probe == Probe.FILTER_ADDRESS || probe == Probe.FILTER_PORT;
    boolean hurries = !hairpinWanted;
    Retransmission paced = silenceTells && hurries ? schedule.pacedBy(slowest) : schedule;
    running.put(id, new Running(probe, binding, to, now, new StunTransaction(request, paced, now)));
  }

  /** Sends what has just begun. */
  private void flush(Instant now, List<Effect> effects) {
    for (Running each : List.copyOf(running.values())) {
      handle(each, each.transaction().onTimeout(now), server, now, effects);
    }
  }

  private void handle(
      Running each,
      List<StunTransaction.Effect> what,
      InetSocketAddress from,
      Instant now,
      List<Effect> effects) {
    for (StunTransaction.Effect effect : what) {
      if (found) {
        return;
      }
      if (effect instanceof StunTransaction.Effect.Send send) {
        effects.add(new Effect.Send(each.binding(), each.to(), send.request()));
        continue;
      }
      running.remove(each.transaction().request().transactionId());
      Optional<StunMessage> answer = Optional.empty();
      if (effect instanceof StunTransaction.Effect.Answered answered) {
        mostSends = Math.max(mostSends, each.transaction().transmissions());
        Duration took = Duration.between(each.begun(), now);
        slowest = took.compareTo(slowest) > 0 ? took : slowest;
        answer = Optional.of(answered.response());
      }
      onEnded(each, answer, from, now, effects);
    }
  }

  private void onEnded(
      Running each,
      Optional<StunMessage> answer,
      InetSocketAddress from,
      Instant now,
      List<Effect> effects) {
    Optional<InetSocketAddress> address = answer.flatMap(StunMessage::reflexiveAddress);
    switch (each.probe()) {
      case ALLOCATION -> onAllocation(each.binding(), answer, address, now, effects);
      case MAPPING_ADDRESS -> {
        address.ifPresent(a -> answers.put(Probe.MAPPING_ADDRESS, a));
        begin(Probe.MAPPING_PORT, 0, other.orElseThrow(), now);
      }
      case FILTER_ADDRESS, FILTER_PORT -> {
        boolean changed = !from.equals(server);
        serverObeys &= answer.isEmpty() || changed;
        address.ifPresent(a -> answers.put(each.probe(), a));
      }
      default -> address.ifPresent(a -> answers.put(each.probe(), a));
    }
    if (each.probe() != Probe.ALLOCATION && running.isEmpty()) {
      if (each.probe() != Probe.CONTROL && !tcp) {
        begin(Probe.CONTROL, 1, server, now);
      } else {
        afterProbes(now, effects);
      }
    }
  }

  private void onAllocation(
      int binding,
      Optional<StunMessage> answer,
      Optional<InetSocketAddress> address,
      Instant now,
      List<Effect> effects) {
    address.ifPresent(a -> reflexive.put(binding, a));
    if (binding == 0) {
      other = answer.flatMap(m -> m.first(OtherAddress.class)).map(OtherAddress::address);
    }
    if (binding == 1 && other.isPresent() && !tcp) {
      // By a mapping that is there: these two take no port of a sequence, and the longest.
      begin(Probe.FILTER_ADDRESS, 1, server, now);
      begin(Probe.FILTER_PORT, 1, server, now);
    }
    if (reflexive.isEmpty()) {
      finish(effects);
    } else if (binding + 1 < locals.size()) {
      begin(Probe.ALLOCATION, binding + 1, server, now);
    } else if (other.isEmpty()) {
      afterProbes(now, effects);
    } else {
      InetSocketAddress sibling = new InetSocketAddress(other.get().getAddress(), server.getPort());
      begin(Probe.MAPPING_ADDRESS, 0, sibling, now);
    }
  }

  private void afterProbes(Instant now, List<Effect> effects) {
    boolean mapped = reflexive.containsKey(0) && reflexive.containsKey(2);
    if (!hairpinWanted || !mapped || mapping() == Mapping.NONE || hairpinTries > 0) {
      finish(effects);
    } else {
      tryHairpin(now, effects);
    }
  }

  /** Both ends send, so that a filter on the way is open for the other's packet. */
  private void tryHairpin(Instant now, List<Effect> effects) {
    if (hairpinTries == HAIRPIN_TRIES) {
      hairpin = Hairpin.NOT_SEEN;
      hairpinDue = Instant.MAX;
      finish(effects);
      return;
    }
    hairpinTries++;
    hairpinDue = now.plus(HAIRPIN_PAUSE);
    for (int binding : new int[] {0, 2}) {
      InetSocketAddress to = reflexive.get(2 - binding);
      if (to == null) {
        throw new IllegalStateException("hairpin without an outside address");
      }
      StunMessage probe = StunMessage.bindingRequest(TransactionId.random(random));
      hairpinIds.add(probe.transactionId());
      effects.add(new Effect.Send(binding, to, probe));
    }
  }

  private void finish(List<Effect> effects) {
    if (found) {
      return;
    }
    found = true;
    running.clear();
    List<Integer> inside = new ArrayList<>();
    List<Integer> outside = new ArrayList<>();
    reflexive.forEach(
        (binding, address) -> {
          inside.add(locals.get(binding).getPort());
          outside.add(address.getPort());
        });
    effects.add(
        new Effect.Found(
            new NatBehaviour(
                mapping(),
                filtering(),
                PortSteps.judge(inside, outside),
                hairpin,
                List.copyOf(reflexive.values()))));
  }

  /** RFC 5780 §4.3. */
  private Mapping mapping() {
    InetSocketAddress first = reflexive.get(0);
    InetSocketAddress second = answers.get(Probe.MAPPING_ADDRESS);
    InetSocketAddress third = answers.get(Probe.MAPPING_PORT);
    if (first == null) {
      return Mapping.UNKNOWN;
    } else if (first.equals(locals.get(0))) {
      return Mapping.NONE;
    } else if (second == null || third == null) {
      return Mapping.UNKNOWN;
    } else if (second.equals(first) && third.equals(first)) {
      return Mapping.ENDPOINT_INDEPENDENT;
    }
    return third.equals(second) ? Mapping.ADDRESS_DEPENDENT : Mapping.ADDRESS_AND_PORT_DEPENDENT;
  }

  /** RFC 5780 §4.4. */
  private Filtering filtering() {
    InetSocketAddress control = answers.get(Probe.CONTROL);
    if (control == null || !control.equals(reflexive.get(1)) || !serverObeys) {
      return Filtering.UNKNOWN;
    } else if (answers.containsKey(Probe.FILTER_ADDRESS)) {
      return Filtering.ENDPOINT_INDEPENDENT;
    } else if (mostSends > CALM) {
      return Filtering.UNKNOWN;
    }
    return answers.containsKey(Probe.FILTER_PORT)
        ? Filtering.ADDRESS_DEPENDENT
        : Filtering.ADDRESS_AND_PORT_DEPENDENT;
  }
}
