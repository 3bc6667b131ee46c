package dev.crust.io;

import static dev.crust.io.Talker.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Reason;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What strangers may do to a port, and what they get for it. */
@Timeout(120)
final class QuicAbuseTest {
  private static final int MIB = 1 << 20;

  /** The client's first datagram of a real dial. */
  private static byte[] initial(QuicHost dialler, QuicHost to) throws Exception {
    return initials(dialler, to, 1).get(0);
  }

  private static List<byte[]> initials(QuicHost dialler, QuicHost to, int count) throws Exception {
    try (DatagramSocket trap = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      List<byte[]> initials = new ArrayList<>();
      trap.setSoTimeout(5000);
      for (int i = 0; i < count; i++) {
        CompletableFuture<Talker> made = new CompletableFuture<>();
        dialler.port.dial(
            (InetSocketAddress) trap.getLocalSocketAddress(),
            to.peer(),
            Duration.ofSeconds(10),
            pipe -> {
              Talker talker = new Talker(pipe, 0, 0);
              made.complete(talker);
              return talker;
            });
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        do {
          trap.receive(packet);
        } while (packet.getLength() < 1200);
        initials.add(Arrays.copyOf(packet.getData(), packet.getLength()));
        Talker given = await(made);
        given.pipe.loop().execute(given.pipe::abort);
        await(given.closed);
      }
      return initials;
    }
  }

  @Test
  void an_unproven_address_gets_at_most_half_as_much_again() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost();
        DatagramSocket spoofed = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      byte[] initial = initial(a, b);
      spoofed.send(new DatagramPacket(initial, initial.length, b.port.bound()));
      spoofed.setSoTimeout(2500);
      int received = 0;
      try {
        while (true) {
          DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
          spoofed.receive(answer);
          received += answer.getLength();
        }
      } catch (SocketTimeoutException quiet) {
        assertThat(received).isBetween(1, initial.length * 3 / 2);
      }
      assertThat(initial).hasSize(1200);
    }
  }

  /** Two who dial each other at once look the same: two connections between the same ports. */
  @Test
  void an_opening_in_a_peers_name_does_not_hold_up_its_connection() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost();
        QuicHost other = new QuicHost()) {
      Talker dialler = a.dial(b, 1, MIB);
      await(dialler.opened);
      Talker guest = b.guest();
      await(guest.opened);
      a.port.send(initial(other, b), b.port.bound());
      b.guest();
      guest.send(MIB);
      await(dialler.arrived);
    }
  }

  @Test
  void a_dial_that_is_given_up_before_the_answer_leaves_no_handshake_behind() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost()) {
      CompletableFuture<Talker> made = new CompletableFuture<>();
      CompletableFuture<Talker> met = new CompletableFuture<>();
      a.port.dial(
          b.port.bound(),
          b.peer(),
          Duration.ofSeconds(10),
          pipe -> {
            Talker talker = new Talker(pipe, 0, 0);
            made.complete(talker);
            // Holds up the loop, so that the answer is not read before.
            pipe.loop()
                .execute(
                    () -> {
                      try {
                        met.complete(b.guest());
                      } catch (InterruptedException e) {
                        met.completeExceptionally(e);
                      }
                      pipe.close();
                    });
            return talker;
          });
      assertThat(await(await(met).closed).reason()).isEqualTo(Reason.PATH_LOST);
      assertThat(await(made).opened).isCompletedExceptionally();
    }
  }

  /** The peer cannot read an application's close yet, and would wait until its time is up. */
  @Test
  void a_dial_that_is_given_up_amid_the_handshake_leaves_none_behind() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost();
        Tap tap = new Tap(b.port.bound())) {
      tap.passOnly(1);
      Talker dialler = a.dial(tap.address(), b.peer(), 0, 0);
      await(dialler.opened);
      Talker guest = b.guest();
      dialler.pipe.loop().execute(tap::passAll);
      dialler.pipe.loop().execute(dialler.pipe::abort);
      assertThat(await(guest.closed).reason()).isEqualTo(Reason.PATH_LOST);
    }
  }

  @Test
  void under_load_an_address_has_to_be_shown_and_genuine_dials_succeed() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost()) {
      List<byte[]> initials = initials(a, b, DatagramSplitter.FREE_HANDSHAKES + 40);
      List<DatagramSocket> sources = new ArrayList<>();
      int retries = 0;
      try {
        for (byte[] initial : initials) {
          DatagramSocket source = new DatagramSocket(0, InetAddress.getLoopbackAddress());
          sources.add(source);
          source.setSoTimeout(2000);
          source.send(new DatagramPacket(initial, initial.length, b.port.bound()));
        }
        for (DatagramSocket source :
            sources.subList(DatagramSplitter.FREE_HANDSHAKES, sources.size())) {
          DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
          source.receive(answer);
          assertThat(answer.getLength()).isLessThan(1200);
          assertThat(answer.getData()[0] & 0xf0).isEqualTo(0xf0);
          retries++;
        }
        Talker dialler = a.dial(b, MIB, 0);
        await(dialler.opened);
      } finally {
        sources.forEach(DatagramSocket::close);
      }
      assertThat(retries).isEqualTo(40);
      assertThat(b.all).hasSize(DatagramSplitter.FREE_HANDSHAKES + 1);
    }
  }

  @Test
  void garbage_is_counted_and_forgotten() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost(new EventLoops("b"), true, 4 * MIB, 4 * MIB);
        DatagramSocket noisy = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      Talker dialler = a.dial(b, 4 * MIB, 4 * MIB);
      await(dialler.opened);
      Random random = new Random(2);
      for (int i = 0; i < 20_000; i++) {
        byte[] garbage = new byte[random.nextInt(1400)];
        random.nextBytes(garbage);
        noisy.send(new DatagramPacket(garbage, garbage.length, b.port.bound()));
      }
      await(dialler.arrived);
      await(b.guest().arrived);
      assertThat(b.port.drops().of(Drops.Kind.NOISE)).isPositive();
      assertThat(b.port.drops().of(Drops.Kind.STRAY)).isPositive();
      assertThat(b.all).hasSize(1);
    }
  }

  /** What a connection's id is worth to one who has overheard it. */
  @Test
  void garbage_with_a_known_id_pulls_nothing_to_another_address() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost(new EventLoops("b"), true, 32L * MIB, 1);
        Tap tap = new Tap(b.port.bound());
        DatagramSocket thief = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      Talker dialler = a.dial(tap.address(), b.peer(), 1, 32L * MIB);
      await(dialler.opened);
      await(b.guest().opened);
      byte[] id = tap.shortHeaderId();
      for (int i = 0; i < 200; i++) {
        byte[] garbage = new byte[100];
        new Random(i).nextBytes(garbage);
        ByteBuffer.wrap(garbage).put((byte) 0x41).put(id);
        thief.send(new DatagramPacket(garbage, garbage.length, b.port.bound()));
      }
      await(dialler.arrived);
      thief.setSoTimeout(300);
      int stolen = 0;
      try {
        while (true) {
          thief.receive(new DatagramPacket(new byte[2000], 2000));
          stolen++;
        }
      } catch (SocketTimeoutException quiet) {
        assertThat(stolen).isZero();
      }
      assertThat(b.port.drops().of(Drops.Kind.FALSE_SOURCE)).isPositive();
      assertThat(b.port.drops().of(Drops.Kind.STRANGER)).isPositive();
    }
  }

  @Test
  void datagrams_grow_to_what_the_way_takes() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost(new EventLoops("b"), true, 0, 4 * MIB);
        Tap tap = new Tap(b.port.bound())) {
      Talker dialler = a.dial(tap.address(), b.peer(), 4 * MIB, 0);
      await(dialler.opened);
      await(b.guest().arrived);
      assertThat(tap.largest).isEqualTo(QuicCodecs.MAX_PAYLOAD);
    }
  }

  /** A relay that changes nothing, and remembers the id that the client sends to. */
  private static final class Tap implements AutoCloseable {
    private final DatagramSocket front = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    private final DatagramSocket back = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    private volatile int largest;
    private final AtomicInteger passing = new AtomicInteger(Integer.MAX_VALUE);
    private final CompletableFuture<byte[]> id = new CompletableFuture<>();
    private final CompletableFuture<InetSocketAddress> client = new CompletableFuture<>();

    Tap(InetSocketAddress server) throws Exception {
      start(
          front,
          packet -> {
            largest = Math.max(largest, packet.getLength());
            client.complete((InetSocketAddress) packet.getSocketAddress());
            if ((packet.getData()[0] & 0x80) == 0) {
              id.complete(Arrays.copyOfRange(packet.getData(), 1, 21));
            }
            if (passing.getAndDecrement() > 0) {
              back.send(new DatagramPacket(packet.getData(), packet.getLength(), server));
            }
          });
      start(
          back,
          packet ->
              front.send(new DatagramPacket(packet.getData(), packet.getLength(), client.get())));
    }

    private interface Forward {
      void accept(DatagramPacket packet) throws Exception;
    }

    private static void start(DatagramSocket socket, Forward forward) {
      Thread thread =
          new Thread(
              () -> {
                byte[] buffer = new byte[65536];
                try {
                  while (true) {
                    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                    socket.receive(packet);
                    forward.accept(packet);
                  }
                } catch (Exception closed) {
                  return;
                }
              });
      thread.setDaemon(true);
      thread.start();
    }

    InetSocketAddress address() {
      return (InetSocketAddress) front.getLocalSocketAddress();
    }

    /** So many more datagrams of the client get through. */
    void passOnly(int count) {
      passing.set(count);
    }

    void passAll() {
      passing.set(Integer.MAX_VALUE);
    }

    byte[] shortHeaderId() throws Exception {
      return await(id);
    }

    @Override
    public void close() {
      front.close();
      back.close();
    }
  }

  @Test
  void a_client_whose_port_keeps_changing_loses_nothing() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost(new EventLoops("b"), true, 0, Long.MAX_VALUE);
        RebindingRelay relay = new RebindingRelay(b.port.bound(), Duration.ofMillis(200))) {
      Talker dialler = a.dial(relay.address(), b.peer(), 1, 1);
      await(dialler.opened);
      Talker guest = b.guest();
      await(guest.opened);
      InetSocketAddress first = guest.pipe.remote();
      int seen = roam(relay, dialler, guest, 12);
      assertThat(guest.pipe.remote()).isNotEqualTo(first);
      assertThat(seen).isGreaterThanOrEqualTo(12);
    }
  }

  /** Sends a little each 50 ms or so, both ways, until so many changes have happened. */
  static int roam(RebindingRelay relay, Talker dialler, Talker guest, int changes)
      throws Exception {
    relay.begin();
    while (relay.rebindings() < changes) {
      long there = guest.received + 20_000;
      dialler.send(20_000);
      guest.send(20_000);
      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (guest.received < there) {
        Thread.onSpinWait();
        if (System.nanoTime() > deadline) {
          throw new AssertionError(
              "stuck after " + relay.rebindings() + " changes: " + guest.received + " of " + there);
        }
      }
    }
    return relay.rebindings();
  }

  @Test
  void an_end_is_told() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost()) {
      Talker dialler = a.dial(b, 1, 0);
      await(dialler.opened);
      Talker guest = b.guest();
      guest.pipe.loop().execute(guest.pipe::close);
      assertThat(await(dialler.closed).reason()).isEqualTo(Reason.PATH_LOST);
    }
  }
}
