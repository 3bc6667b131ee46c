package dev.crust.io.beacon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.proto.beacon.Discard;
import dev.crust.proto.beacon.Surroundings;
import dev.crust.spi.Discovery;
import dev.crust.spi.Discovery.Search;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Real sockets, on loopback alone. Each test has a network of its own: others on this machine may
 * be talking, too.
 */
class BeaconTest {
  private static final long IN_TIME = 5_000;

  private final String network = "test " + UUID.randomUUID();
  private final Discovery beacon = new Beacon();
  private final List<Search> searches = new ArrayList<>();

  @AfterEach
  void close() {
    searches.forEach(Search::close);
  }

  @Test
  void two_find_each_other() throws InterruptedException {
    TestSite one = start(network, 4001);
    TestSite other = start(network, 4002);
    assertThat(one.await(other.self(), IN_TIME)).isNotNull();
    assertThat(other.await(one.self(), IN_TIME))
        .isNotNull()
        .satisfies(it -> assertThat(it.candidates()).containsExactly(loopback(4001)));
    assertThat(one.warnings).isEmpty();
    assertThat(other.warnings).isEmpty();
  }

  @Test
  void all_of_three_find_each_other() throws InterruptedException {
    List<TestSite> sites =
        List.of(start(network, 4001), start(network, 4002), start(network, 4003));
    for (TestSite site : sites) {
      List<PeerId> missing = new ArrayList<>(sites.stream().map(TestSite::self).toList());
      missing.remove(site.self());
      for (int i = 0; i < 100 && !missing.isEmpty(); i++) {
        var next = site.found.poll(IN_TIME, MILLISECONDS);
        assertThat(next).as("a find, with %s missing", missing).isNotNull();
        assertThat(next.peer()).as("itself").isNotEqualTo(site.self());
        missing.remove(next.peer());
      }
      assertThat(missing).isEmpty();
    }
  }

  @Test
  void other_networks_are_not_heard() throws InterruptedException {
    TestSite stranger = start(network + ".", 4003);
    TestSite one = start(network, 4001);
    TestSite other = start(network, 4002);
    assertThat(one.await(other.self(), IN_TIME)).isNotNull();
    assertThat(other.await(one.self(), IN_TIME)).isNotNull();
    assertThat(stranger.found).isEmpty();
    awaitDiscarded(searches.get(0), Discard.NOT_OURS, 1);
  }

  @Test
  void a_closed_search_is_silent_and_an_endpoint_that_listens_nowhere_too()
      throws InterruptedException {
    TestSite closed = start(network, 4001);
    TestSite nowhere = new TestSite(network, List::of);
    searches.add(beacon.start(nowhere));
    TestSite present = start(network, 4002);
    assertThat(present.await(closed.self(), IN_TIME)).isNotNull();
    searches.get(0).close();
    searches.get(0).close();
    closed.found.clear();

    TestSite later = start(network, 4003);
    assertThat(later.await(present.self(), IN_TIME)).isNotNull();
    assertThat(later.await(closed.self(), 1_200)).isNull();
    assertThat(closed.found).isEmpty();
    assertThat(nowhere.found).isEmpty();
  }

  @Test
  void changed_candidates_are_told() throws InterruptedException {
    List<Candidate> listening = new CopyOnWriteArrayList<>();
    TestSite mover = new TestSite(network, () -> List.copyOf(listening));
    Search search = beacon.start(mover);
    searches.add(search);
    TestSite other = start(network, 4002);
    listening.add(loopback(4005));
    search.candidatesChanged();
    assertThat(other.await(mover.self(), IN_TIME))
        .isNotNull()
        .satisfies(it -> assertThat(it.candidates()).containsExactly(loopback(4005)));
  }

  @Test
  void survives_a_flood_of_garbage() throws Exception {
    TestSite flooded = start(network, 4001);
    TestSite helper = start(network, 4002);
    assertThat(flooded.await(helper.self(), IN_TIME)).isNotNull();
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      InetAddress everybody = InetAddress.getByName("127.255.255.255");
      for (int i = 0; i < 5_000; i++) {
        byte[] noise = new byte[random.nextBoolean() ? 512 : random.nextInt(1_800)];
        random.nextBytes(noise);
        socket.send(new DatagramPacket(noise, noise.length, everybody, Surroundings.PORT));
      }
    }
    TestSite other = start(network, 4003);
    assertThat(flooded.await(other.self(), IN_TIME)).as("seed %d", seed).isNotNull();
    awaitDiscarded(searches.get(0), Discard.NOT_OURS, 1);
    awaitDiscarded(searches.get(0), Discard.WRONG_LENGTH, 1);
  }

  @Test
  void what_all_can_hear_shows_neither_peer_nor_network() throws Exception {
    try (DatagramSocket spy = new DatagramSocket(null)) {
      spy.setReuseAddress(true);
      spy.bind(new InetSocketAddress("0.0.0.0", Surroundings.PORT));
      spy.setSoTimeout(500);
      TestSite one = start(network, 4001);
      TestSite other = start(network, 4002);
      assertThat(one.await(other.self(), IN_TIME)).isNotNull();
      int heard = 0;
      for (int i = 0; i < 20; i++) {
        DatagramPacket packet = new DatagramPacket(new byte[2_000], 2_000);
        try {
          spy.receive(packet);
        } catch (SocketTimeoutException e) {
          break;
        }
        heard++;
        String seen = new String(packet.getData(), 0, packet.getLength(), ISO_8859_1);
        assertThat(seen)
            .doesNotContain(network)
            .doesNotContain(new String(one.self().bytes(), ISO_8859_1))
            .doesNotContain(new String(other.self().bytes(), ISO_8859_1))
            .doesNotContain(one.self().toString());
      }
      assertThat(heard).isPositive();
    }
  }

  @Test
  void nothing_is_left_after_close() throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/fd")), "needs /proc");
    cycle(); // what the JDK opens once
    long before = sockets();
    for (int i = 0; i < 10; i++) {
      cycle();
    }
    assertThat(sockets()).isLessThanOrEqualTo(before);
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain("crust-beacon");
  }

  @Test
  void the_service_loader_knows_it() {
    assertThat(ServiceLoader.load(Discovery.class, Beacon.class.getClassLoader()))
        .extracting(Discovery::name)
        .contains("beacon");
  }

  private void cycle() throws InterruptedException {
    TestSite one = start(network, 4001);
    TestSite other = start(network, 4002);
    assertThat(one.await(other.self(), IN_TIME)).isNotNull();
    searches.forEach(Search::close);
    searches.clear();
  }

  /** Descriptors of sockets and selectors of this process. */
  private static long sockets() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(
              fd -> {
                try {
                  String target = Files.readSymbolicLink(fd).toString();
                  return target.startsWith("socket:") || target.startsWith("anon_inode:");
                } catch (IOException e) {
                  return false; // the descriptor of this very listing
                }
              })
          .count();
    }
  }

  private static void awaitDiscarded(Search search, Discard reason, long atLeast)
      throws InterruptedException {
    var never = new CountDownLatch(1);
    for (int i = 0; i < 100; i++) {
      if (((BeaconSearch) search).discarded().getOrDefault(reason, 0L) >= atLeast) {
        return;
      }
      assertThat(never.await(50, MILLISECONDS)).isFalse();
    }
    assertThat(((BeaconSearch) search).discarded()).containsKey(reason);
  }

  private TestSite start(String name, int port) {
    TestSite site = new TestSite(name, () -> List.of(loopback(port)));
    searches.add(beacon.start(site));
    return site;
  }

  private static Candidate loopback(int port) {
    return new Candidate(
        Transport.TCP, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }
}
