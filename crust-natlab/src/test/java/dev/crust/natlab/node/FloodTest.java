package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.Identity;
import dev.crust.Transport;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.HostProcess;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Floods from sources that are not those of the sender: they leave no trace, pull little to those
 * whose addresses are forged, and keep nobody out. Nor do they take the connection of somebody else
 * much of its line of 50 Mbit/s, as far as the processors suffice: the flood's way through the lab
 * takes them as much as what is flooded.
 */
@Tag("full")
@NatLab
final class FloodTest {
  private static final int SOURCES = 1000;
  private static final int INITIALS = 100;
  private static final long MEGABYTE = 1 << 20;

  /** Of a line's rate while nothing floods. */
  private static final double KEPT = 0.7;

  /** How long the line is measured before a flood. */
  private static final int CALM_SECONDS = 5;

  /** Of what. */
  enum Flood {
    INITIALS(1.5),
    GARBAGE(1.5),
    STUN(2);

    /** As much may leave for each byte that comes, in IP packets. */
    private final double amplification;

    Flood(double amplification) {
      this.amplification = amplification;
    }
  }

  @ParameterizedTest
  @EnumSource(Flood.class)
  void two_thousand_a_second(Flood flood, Labs labs, EventLog log) throws Exception {
    flood(flood, 2000, 4, labs, log);
  }

  @ParameterizedTest
  @EnumSource(Flood.class)
  void twenty_thousand_a_second(Flood flood, Labs labs, EventLog log) throws Exception {
    flood(flood, 20_000, 20, labs, log);
  }

  private static void flood(Flood flood, int perSecond, int seconds, Labs labs, EventLog log)
      throws Exception {
    Lab lab =
        labs.upUncaptured(
            Scenario.parse(
                "public ben\npublic anne\npublic mallory\npublic cleo rate 50mbit queue 256kb"));
    Host ben = lab.host("ben");
    Host mallory = lab.host("mallory");
    // Any address of 10.0.0.0/8 may be bound there; answers to it get nowhere.
    run(mallory, "ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo");
    run(ben, "nft", "add table inet flood");
    run(ben, "nft", "add chain inet flood in { type filter hook input priority 0; }");
    run(ben, "nft", "add chain inet flood out { type filter hook output priority 0; }");
    run(ben, "nft", "add rule inet flood in ip saddr 10.0.0.0/8 meta l4proto udp counter");
    run(ben, "nft", "add rule inet flood out ip daddr 10.0.0.0/8 meta l4proto udp counter");
    CrustNodes nodes = new CrustNodes(lab, log);
    CrustNode node = nodes.run("ben", Pourer.class, Over.QUIC.name(), "198.51.100.1:4001");
    CrustNode anne = nodes.start("anne", "--no-beacon", "--transport", "quic");
    String address = node.address();
    anne.await("listening");
    nodes.run("cleo", Pourer.class, Over.QUIC.name(), "0.0.0.0:0", address).awaitConnected(node);
    node.await("poured", event -> event.path("bytes").asLong() > MEGABYTE, PATIENCE);
    List<byte[]> datagrams = datagrams(flood);
    double calm = megabits(node, CALM_SECONDS);

    FutureTask<Void> begun = new FutureTask<>(() -> null);
    FutureTask<Integer> sending =
        new FutureTask<>(() -> send(datagrams, flood, perSecond, seconds, begun));
    mallory.threads().newThread(sending).start();
    begun.get();
    anne.type("connect " + address);
    anne.awaitConnected(node);
    anne.say("hello", node);
    long early = liveBytes(ben);
    double flooded = megabits(node, seconds - 1);
    int sent = sending.get();
    anne.say("still there", node);

    long late = liveBytes(ben);
    assertThat(early).isPositive();
    assertThat(late - early).isLessThan(16 * MEGABYTE);
    long[] bytes = counters(ben);
    String story =
        "%s: sent %d, bytes in and out %s; a connection has %.1f Mbit/s before, %.1f while it lasts"
            .formatted(flood, sent, Arrays.toString(bytes), calm, flooded);
    System.out.println(story);
    log.add("ben", story);
    assertThat(flooded).as(story).isGreaterThanOrEqualTo(KEPT * calm);
    assertThat(bytes[0]).isGreaterThan(sent * 20L / 2);
    assertThat((double) bytes[1]).isLessThanOrEqualTo(flood.amplification * bytes[0]);
    CrustNode ping = nodes.run("mallory", "ping", address, "-c", "1", "--transport", "quic");
    ping.await("pong");
  }

  /** What comes by the one stream that is poured, over the next seconds. */
  private static double megabits(CrustNode node, int seconds) throws InterruptedException {
    CrustNode.Moment now = node.now();
    long first = poured(node, now);
    long start = System.nanoTime();
    long last = first;
    for (int i = 0; i < seconds; i++) {
      last = poured(node, node.now());
    }
    return (last - first) * 8e3 / (System.nanoTime() - start);
  }

  private static long poured(CrustNode node, CrustNode.Moment since) throws InterruptedException {
    return node.awaitSince(since, "how much was poured", CrustNode.is("poured"), PATIENCE)
        .path("bytes")
        .asLong();
  }

  /** Sends from random sources at this rate, and says how many datagrams it has sent. */
  private static int send(
      List<byte[]> datagrams, Flood flood, int perSecond, int seconds, FutureTask<Void> begun)
      throws IOException {
    InetSocketAddress target = new InetSocketAddress("198.51.100.1", 4001);
    Random random = new Random(7);
    List<DatagramChannel> sources = new ArrayList<>();
    try {
      for (int i = 0; i < SOURCES; i++) {
        byte[] ip = {10, (byte) random.nextInt(), (byte) random.nextInt(), (byte) (i % 250 + 1)};
        // Connected, since the kernel then knows the way, and has more time for the others.
        sources.add(
            DatagramChannel.open()
                .bind(new InetSocketAddress(InetAddress.getByAddress(ip), 0))
                .connect(target));
      }
      long start = System.nanoTime();
      int total = perSecond * seconds;
      for (int i = 0; i < total; i++) {
        byte[] datagram = datagrams.get(i % datagrams.size()).clone();
        vary(datagram, flood, i < datagrams.size(), random);
        sources.get(random.nextInt(SOURCES)).write(ByteBuffer.wrap(datagram));
        if (i == perSecond / 2) {
          begun.run();
        }
        long ahead = start + i * 1_000_000_000L / perSecond - System.nanoTime();
        if (ahead > 1_000_000) {
          LockSupport.parkNanos(ahead);
        }
      }
      return total;
    } finally {
      begun.run();
      for (DatagramChannel source : sources) {
        source.close();
      }
    }
  }

  /**
   * Makes each different: genuine Initials are first, then come some with another connection id.
   */
  private static void vary(byte[] datagram, Flood flood, boolean genuine, Random random) {
    switch (flood) {
      case INITIALS -> {
        if (!genuine) {
          for (int i = 6; i < 14; i++) {
            datagram[i] = (byte) random.nextInt();
          }
        }
      }
      case GARBAGE -> random.nextBytes(datagram);
      case STUN -> {
        for (int i = 8; i < 20; i++) {
          datagram[i] = (byte) random.nextInt();
        }
      }
    }
  }

  private static List<byte[]> datagrams(Flood flood) throws Exception {
    return switch (flood) {
      case INITIALS -> initials();
      case GARBAGE -> List.of(new byte[1200], new byte[21], new byte[300]);
      case STUN -> List.of(ByteBuffer.allocate(20).putInt(0x0001_0000).putInt(0x2112_a442).array());
    };
  }

  /** What endpoints begin with that dial somebody who does not answer. */
  private static List<byte[]> initials() throws Exception {
    Map<ByteBuffer, byte[]> byId = new HashMap<>();
    InetAddress here = InetAddress.getLoopbackAddress();
    try (DatagramSocket nobody = new DatagramSocket(0, here);
        Endpoint dialler =
            Endpoint.builder()
                .discoveries(List.of())
                .listen(Transport.QUIC, new InetSocketAddress(here, 0))
                .open()) {
      nobody.setSoTimeout((int) PATIENCE.toMillis());
      InetSocketAddress at = new InetSocketAddress(here, nobody.getLocalPort());
      for (int tries = 0; byId.size() < INITIALS && tries < 20 * INITIALS; tries++) {
        if (tries < INITIALS) {
          dialler.connect(
              CrustAddress.of(Identity.ephemeral().peerId(), List.of(Candidate.quic(at))));
        }
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        nobody.receive(packet);
        byte[] initial = Arrays.copyOf(packet.getData(), packet.getLength());
        byId.putIfAbsent(ByteBuffer.wrap(initial, 6, initial[5]).slice(), initial);
      }
    }
    assertThat(byId).hasSizeGreaterThanOrEqualTo(INITIALS);
    return List.copyOf(byId.values());
  }

  /** What came from and went to forged addresses. */
  private static long[] counters(Host ben) throws InterruptedException {
    String table = said(ben, "nft", "list", "table", "inet", "flood");
    Matcher matcher = Pattern.compile("counter packets [0-9]+ bytes ([0-9]+)").matcher(table);
    return matcher.results().mapToLong(found -> Long.parseLong(found.group(1))).toArray();
  }

  /** What is left on the heap of the process on this host when garbage is collected. */
  private static long liveBytes(Host ben) throws InterruptedException {
    Matcher pid = Pattern.compile("pid=([0-9]+)").matcher(said(ben, "ss", "-Hlunp"));
    assertThat(pid.find()).isTrue();
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    run(ben, jcmd, pid.group(1), "GC.run");
    String heap = said(ben, jcmd, pid.group(1), "GC.heap_info");
    return Pattern.compile("(?:new generation|tenured generation) .*used ([0-9]+)K")
        .matcher(heap)
        .results()
        .mapToLong(found -> Long.parseLong(found.group(1)) * 1024)
        .sum();
  }

  private static String said(Host host, String... command) throws InterruptedException {
    HostProcess process = host.start(command);
    assertThat(process.await(PATIENCE)).as(process.errors()).isZero();
    return process.output();
  }

  private static void run(Host host, String... command) throws InterruptedException {
    said(host, command);
  }
}
