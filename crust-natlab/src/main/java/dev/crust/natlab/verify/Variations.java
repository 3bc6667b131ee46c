package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.Addressing;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.natlab.sim.DatagramHandler;
import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.Simulation;
import dev.crust.natlab.sim.TcpFailure;
import dev.crust.natlab.sim.TcpHandler;
import dev.crust.proto.stun.NatBehaviour.Hairpin;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** The variations of NATs: hairpin, and what meets a stranger's packets. */
final class Variations {
  /** A port that nobody opens. */
  static final int PORT = 9;

  private static final Duration PATIENCE = Duration.ofMillis(900);

  private Variations() {}

  /** Hairpin on every type that translates UDP, and every answer to the unsolicited. */
  static List<Nat> all() {
    List<Nat> nats = new ArrayList<>();
    for (NatType type : NatType.all()) {
      if (type.translates()
          && !type.equals(NatType.UDP_BLOCKED)
          && !type.equals(NatType.TCP_443_ONLY)) {
        nats.add(Nat.of(type).withHairpin());
      }
    }
    for (Unsolicited answer : Unsolicited.values()) {
      nats.add(Nat.of(NatType.PORT_RESTRICTED).withUnsolicited(answer));
      nats.add(Nat.of(NatType.LINUX).withUnsolicited(answer));
      nats.add(Nat.of(NatType.SYMMETRIC).withUnsolicited(answer));
    }
    return nats;
  }

  static String name(Nat nat) {
    return nat.type()
        + (nat.hairpin() ? " hairpin" : "")
        + (nat.unsolicited() == Unsolicited.DROP
            ? ""
            : " unsolicited " + NatFacts.word(nat.unsolicited()));
  }

  static Map<String, String> words(Hairpin hairpin, boolean udpRefused, boolean tcpRefused) {
    Map<String, String> words = new LinkedHashMap<>();
    words.put("hairpin", hairpin == Hairpin.SUPPORTED ? "yes" : "no");
    words.put("stranger udp", udpRefused ? "refused" : "silence");
    words.put("stranger tcp", tcpRefused ? "refused" : "silence");
    return words;
  }

  static Map<String, String> expected(Nat nat) {
    boolean refused = nat.unsolicited() != Unsolicited.DROP;
    return words(nat.hairpin() ? Hairpin.SUPPORTED : Hairpin.NOT_SEEN, refused, refused);
  }

  static Map<String, String> simulated(Nat nat) {
    Scenario scenario = Scenario.of(Scenario.publicHost("stun"), Scenario.home("a", nat));
    Simulation world = Simulation.of(scenario, 1);
    SimHost stranger = world.host("stun");
    InetSocketAddress outside = new InetSocketAddress(Addressing.of(scenario).outside("a"), PORT);
    AtomicBoolean udp = new AtomicBoolean();
    DatagramHandler handler =
        new DatagramHandler() {
          @Override
          public void received(InetSocketAddress from, byte[] data) {}

          @Override
          public void unreachable(InetSocketAddress remote) {
            udp.set(true);
          }
        };
    stranger.openUdp(0, handler).send(outside, new byte[] {(byte) 0xfe});
    AtomicBoolean tcp = new AtomicBoolean();
    TcpHandler refusal =
        new TcpHandler() {
          @Override
          public void failed(SimTcpConnection connection, TcpFailure failure) {
            tcp.set(failure == TcpFailure.REFUSED);
          }
        };
    stranger.connectTcp(0, outside, refusal);
    world.runFor(PATIENCE);
    return words(new SimProbe(nat, 1).udp().hairpin(), udp.get(), tcp.get());
  }
}
