package dev.crust.natlab.verify;

import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimUdpSocket;
import dev.crust.natlab.sim.Simulation;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.nat.PortEvidence;
import dev.crust.proto.stun.BehaviourDiscovery;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.Retransmission;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.StunTransaction;
import dev.crust.proto.stun.TransactionId;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What stands before a peer of the simulator, found out as a driver does: two observers say where
 * they see its ports, and by UDP a discovery from fresh ports says how the NAT behaves.
 */
final class TraversalView {
  private static final int BINDINGS = 5;

  private record Question(InetSocketAddress observer, StunTransaction transaction) {}

  private final Simulation world;
  private final SimHost host;
  private final TraversalUdpPort port;
  private final TraversalTcpView tcp;
  private final List<InetSocketAddress> observers;
  private final SplittableRandom random;
  private final Map<TransactionId, Question> running = new HashMap<>();
  private final List<SimUdpSocket> bindings = new ArrayList<>();
  private Map<InetSocketAddress, InetSocketAddress> seen = new LinkedHashMap<>();
  private Optional<NatBehaviour> behaviour = Optional.empty();
  private @Nullable BehaviourDiscovery discovery;
  private boolean udpKnown;
  private int timer;
  private Runnable then = () -> {};

  TraversalView(
      Simulation world,
      SimHost host,
      TraversalUdpPort port,
      TraversalTcpPort tcpPort,
      List<InetSocketAddress> observers,
      SplittableRandom random) {
    this.world = world;
    this.host = host;
    this.port = port;
    this.observers = observers;
    this.random = random;
    this.tcp = new TraversalTcpView(world, host, tcpPort.number(), observers, random, this::settle);
    port.hearStun(this::onAnswer);
  }

  /** Asks where our ports are seen now, and at the first time how the NAT behaves. */
  void look(Runnable whenKnown) {
    then = whenKnown;
    udpKnown = false;
    seen = new LinkedHashMap<>();
    for (InetSocketAddress observer : observers) {
      StunMessage request = StunMessage.bindingRequest(TransactionId.random(random));
      Question question =
          new Question(observer, new StunTransaction(request, Retransmission.BRIEF, world.now()));
      running.put(request.transactionId(), question);
      pump(question);
    }
    tcp.look();
  }

  private void pump(Question question) {
    StunTransaction transaction = question.transaction();
    for (StunTransaction.Effect effect : transaction.onTimeout(world.now())) {
      if (effect instanceof StunTransaction.Effect.Send send) {
        port.sendStun(question.observer(), send.request());
      } else {
        ended(transaction.request().transactionId());
      }
    }
    if (!transaction.ended()) {
      world.after(Duration.between(world.now(), transaction.deadline()), () -> pump(question));
    }
  }

  private void onAnswer(StunMessage message) {
    Question question = running.get(message.transactionId());
    if (question != null && !question.transaction().onMessage(message).isEmpty()) {
      message.reflexiveAddress().ifPresent(where -> seen.put(question.observer(), where));
      ended(message.transactionId());
    }
  }

  private void ended(TransactionId id) {
    running.remove(id);
    if (!running.isEmpty()) {
      return;
    }
    if (behaviour.isEmpty() && !seen.isEmpty()) {
      discover();
    } else {
      udpKnown = true;
      settle();
    }
  }

  private void discover() {
    List<InetSocketAddress> locals = new ArrayList<>();
    for (int i = 0; i < BINDINGS; i++) {
      int binding = i;
      bindings.add(host.openUdp(0, (from, data) -> onBinding(binding, from, data)));
      locals.add(bindings.get(i).local());
    }
    discovery =
        BehaviourDiscovery.brief(
            observers.get(0), locals, Retransmission.BRIEF, random, world.now());
    carryOut(discovery.onTimeout(world.now()));
  }

  private void onBinding(int binding, InetSocketAddress from, byte[] data) {
    if (discovery != null) {
      try {
        StunMessage message = StunCodec.decode(data);
        carryOut(discovery.onMessage(binding, from, message, world.now()));
      } catch (MalformedMessageException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void carryOut(List<BehaviourDiscovery.Effect> effects) {
    for (BehaviourDiscovery.Effect effect : effects) {
      if (effect instanceof BehaviourDiscovery.Effect.Send send) {
        bindings.get(send.binding()).send(send.to(), StunCodec.encode(send.message()));
      } else if (effect instanceof BehaviourDiscovery.Effect.Found found) {
        behaviour = Optional.of(found.behaviour());
        bindings.forEach(SimUdpSocket::close);
        udpKnown = true;
        settle();
      }
    }
    BehaviourDiscovery machine = discovery;
    if (machine != null && !machine.deadline().equals(Instant.MAX)) {
      int mine = ++timer;
      Duration wait = Duration.between(world.now(), machine.deadline());
      world.after(
          wait.isNegative() ? Duration.ZERO : wait,
          () -> {
            if (mine == timer) {
              carryOut(machine.onTimeout(world.now()));
            }
          });
    }
  }

  /** Whether nothing is being found out. */
  boolean known() {
    return udpKnown && tcp.known();
  }

  private void settle() {
    if (known()) {
      Runnable now = then;
      then = () -> {};
      now.run();
    }
  }

  /** Where we may be met, and what stands before us. */
  Situation situation() {
    PortEvidence udp = new PortEvidence(local(port.number()), seen, observers.size(), behaviour);
    List<TraversalCandidate> candidates = new ArrayList<>();
    for (InetAddress ip : host.addresses()) {
      candidates.add(
          new TraversalCandidate(
              Kind.HOST, Protocol.UDP, new InetSocketAddress(ip, port.number())));
      candidates.add(
          new TraversalCandidate(Kind.HOST, Protocol.TCP, new InetSocketAddress(ip, tcp.port())));
    }
    add(udp, Protocol.UDP, candidates);
    add(tcp.evidence(), Protocol.TCP, candidates);
    return new Situation(udp.profile(), tcp.evidence().profile(), candidates);
  }

  private static void add(PortEvidence seen, Protocol protocol, List<TraversalCandidate> to) {
    seen.reflexive()
        .forEach(each -> to.add(new TraversalCandidate(Kind.SERVER_REFLEXIVE, protocol, each)));
  }

  private InetSocketAddress local(int number) {
    return new InetSocketAddress(host.ipv4(), number);
  }
}
