package dev.crust.natlab.verify;

import static dev.crust.natlab.verify.NatFacts.NOTHING;

import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Server;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.proto.stun.NatBehaviour;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Measures types and pairs in the kernel's lab, all of them at once in one lab. */
public final class KernelWorld {
  private static final int STUN_PORT = 3478;

  private KernelWorld() {}

  /**
   * What these NATs show of themselves, in their order.
   *
   * @param lifetimes whether mapping lifetimes are waited for, which takes over two minutes
   */
  public static List<NatFacts> facts(List<Nat> nats, boolean lifetimes) throws Exception {
    return onEach(nats, (lab, host) -> facts(host, server(lab), lifetimes));
  }

  /** What other people's tools say of these NATs, in their order. */
  static List<Map<String, String>> byOthers(List<Nat> nats) throws Exception {
    return onEach(
        nats, (lab, host) -> OtherTools.ask(host, server(lab).getAddress().getHostAddress()));
  }

  /** What {@link Variations} asks of these NATs, in their order. */
  static List<Map<String, String>> variations(List<Nat> nats) throws Exception {
    return onEach(
        nats,
        (lab, host) -> {
          InetSocketAddress outside =
              new InetSocketAddress(lab.addressing().outside(host.name()), Variations.PORT);
          Host stranger = lab.host("stun");
          SocketProbe probe = new SocketProbe(host.address(), server(lab));
          NatBehaviour behaviour = host.call(probe::udp);
          return Variations.words(
              behaviour.hairpin(),
              stranger.call(() -> Stranger.refusedByUdp(outside)),
              stranger.call(() -> Stranger.refusedByTcp(outside)));
        });
  }

  private interface Measure<T> {
    T on(Lab lab, Host host) throws Exception;
  }

  private static <T> List<T> onEach(List<Nat> nats, Measure<T> measure) throws Exception {
    List<Element> elements = new ArrayList<>();
    elements.add(Scenario.publicHost("stun").running(Server.COTURN));
    for (int i = 0; i < nats.size(); i++) {
      elements.add(Scenario.home("t" + i, nats.get(i)));
    }
    try (Lab lab = Lab.up(new Scenario(elements))) {
      List<FutureTask<T>> tasks = new ArrayList<>();
      for (int i = 0; i < nats.size(); i++) {
        Host host = lab.host("t" + i);
        tasks.add(start(() -> measure.on(lab, host)));
      }
      List<T> results = new ArrayList<>();
      for (FutureTask<T> task : tasks) {
        results.add(task.get());
      }
      return results;
    }
  }

  /** Which of these pairs connect. */
  public static Map<PunchMatrix.Pair, Boolean> punch(List<PunchMatrix.Pair> pairs)
      throws Exception {
    List<Place> places =
        pairs.stream()
            .flatMap(pair -> List.of(pair.one(), pair.other()).stream())
            .distinct()
            .toList();
    List<Element> elements = new ArrayList<>();
    elements.add(Scenario.publicHost("stun").running(Server.COTURN));
    for (int i = 0; i < places.size(); i++) {
      elements.addAll(places.get(i).elements("a" + i, Unsolicited.DROP));
      elements.addAll(places.get(i).elements("b" + i, Unsolicited.DROP));
    }
    try (Lab lab = Lab.up(new Scenario(elements))) {
      InetSocketAddress server = server(lab);
      Map<PunchMatrix.Pair, FutureTask<Boolean>> tasks = new LinkedHashMap<>();
      for (PunchMatrix.Pair pair : pairs) {
        SocketPunch punch = new SocketPunch(pair.transport(), server, Duration.ZERO);
        Host one = lab.host("a" + places.indexOf(pair.one()));
        Host other = lab.host("b" + places.indexOf(pair.other()));
        FutureTask<Boolean> there = start(other, () -> punch.play(other.address(), true));
        tasks.put(
            pair, start(() -> one.call(() -> punch.play(one.address(), false)) && there.get()));
      }
      Map<PunchMatrix.Pair, Boolean> connected = new LinkedHashMap<>();
      for (Map.Entry<PunchMatrix.Pair, FutureTask<Boolean>> task : tasks.entrySet()) {
        connected.put(task.getKey(), task.getValue().get());
      }
      return connected;
    }
  }

  /** Whether a pair connects whose second side starts later. */
  static boolean punch(PunchMatrix.Pair pair, Unsolicited unsolicited, Duration skew)
      throws Exception {
    List<Element> elements = new ArrayList<>();
    elements.add(Scenario.publicHost("stun").running(Server.COTURN));
    elements.addAll(pair.one().elements("a", unsolicited));
    elements.addAll(pair.other().elements("b", unsolicited));
    try (Lab lab = Lab.up(new Scenario(elements))) {
      SocketPunch punch = new SocketPunch(pair.transport(), server(lab), skew);
      Host one = lab.host("a");
      Host other = lab.host("b");
      FutureTask<Boolean> there = start(other, () -> punch.play(other.address(), true));
      return one.call(() -> punch.play(one.address(), false)) && there.get();
    }
  }

  private static NatFacts facts(Host host, InetSocketAddress server, boolean lifetimes)
      throws Exception {
    SocketProbe probe = new SocketProbe(host.address(), server);
    // One after the other, since a sequential NAT numbers UDP and TCP in one row.
    NatBehaviour udp = host.call(probe::udp);
    NatBehaviour tcp = host.call(probe::tcp);
    if (!lifetimes || udp.reflexive().isEmpty()) {
      return FactsOf.facts(udp, tcp, NOTHING, NOTHING);
    }
    FutureTask<String> fresh =
        start(host, () -> FactsOf.lifetime(probe.lifetime(FactsOf.WAITS, false)));
    String proven = host.call(() -> FactsOf.lifetime(probe.lifetime(FactsOf.WAITS, true)));
    return FactsOf.facts(udp, tcp, fresh.get(), proven);
  }

  private static InetSocketAddress server(Lab lab) {
    return new InetSocketAddress(lab.host("stun").address(), STUN_PORT);
  }

  private static <T> FutureTask<T> start(Callable<T> code) {
    FutureTask<T> task = new FutureTask<>(code);
    Thread thread = new Thread(task, "verify");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static <T> FutureTask<T> start(Host host, Callable<T> code) {
    FutureTask<T> task = new FutureTask<>(code);
    host.threads().newThread(task).start();
    return task;
  }
}
