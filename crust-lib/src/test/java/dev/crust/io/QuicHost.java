package dev.crust.io;

import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.proto.identity.PeerCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** An identity with a UDP port on loopback, for tests. Those who come in are queued. */
final class QuicHost implements AutoCloseable {
  final Identity identity;
  final EventLoops loops;
  final QuicTls tls;
  final UdpPort port;
  final LinkedBlockingQueue<Talker> guests = new LinkedBlockingQueue<>();
  final List<Talker> all = new CopyOnWriteArrayList<>();
  private final boolean ownLoops;

  /** A host of its own threads that sends nothing by itself to its guests. */
  QuicHost() throws IOException {
    this(new EventLoops("quic-host"), true, 0, Long.MAX_VALUE);
  }

  /** A host that sends so many bytes to each guest, and expects so many. */
  QuicHost(EventLoops loops, boolean ownLoops, long toGuests, long fromGuests) throws IOException {
    this(loops, ownLoops, toGuests, fromGuests, Identity.ephemeral());
  }

  /** A host of its own threads that reads in another way. */
  QuicHost(Function<Pipe, Pipe.Reader> readers) throws IOException {
    this.identity = Identity.ephemeral();
    this.loops = new EventLoops("quic-host");
    this.ownLoops = true;
    this.tls = new QuicTls(PeerCertificate.create(identity, new SecureRandom()));
    this.port =
        UdpPort.open(
                loops,
                tls,
                InstantSource.system(),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                readers)
            .join();
  }

  private QuicHost(
      EventLoops loops, boolean ownLoops, long toGuests, long fromGuests, Identity identity)
      throws IOException {
    this(
        loops,
        ownLoops,
        toGuests,
        fromGuests,
        identity,
        PeerCertificate.create(identity, new SecureRandom()),
        InetAddress.getLoopbackAddress());
  }

  QuicHost(
      EventLoops loops,
      boolean ownLoops,
      long toGuests,
      long fromGuests,
      Identity identity,
      PeerCertificate certificate,
      InetAddress address)
      throws IOException {
    this.identity = identity;
    this.loops = loops;
    this.ownLoops = ownLoops;
    this.tls = new QuicTls(certificate);
    this.port =
        UdpPort.open(
                loops,
                tls,
                InstantSource.system(),
                new InetSocketAddress(address, 0),
                pipe -> {
                  Talker guest = new Talker(pipe, toGuests, fromGuests);
                  guests.add(guest);
                  all.add(guest);
                  return guest;
                })
            .join();
  }

  PeerId peer() {
    return identity.peerId();
  }

  /** The next who came in. */
  Talker guest() throws InterruptedException {
    Talker guest = guests.poll(20, TimeUnit.SECONDS);
    if (guest == null) {
      throw new IllegalStateException("nobody came in");
    }
    return guest;
  }

  Talker dial(QuicHost other, long toSend, long expected) throws Exception {
    return dial(other.port.bound(), other.peer(), toSend, expected);
  }

  Talker dial(InetSocketAddress to, PeerId peer, long toSend, long expected) throws Exception {
    CompletableFuture<Talker> made = new CompletableFuture<>();
    port.dial(
        to,
        peer,
        Duration.ofSeconds(10),
        pipe -> {
          Talker talker = new Talker(pipe, toSend, expected);
          made.complete(talker);
          return talker;
        });
    Talker talker = made.get(10, TimeUnit.SECONDS);
    all.add(talker);
    return talker;
  }

  /** Closes every pipe, then the port. */
  @Override
  public void close() {
    for (Talker talker : all) {
      talker.pipe.loop().execute(talker.pipe::abort);
    }
    for (Talker talker : all) {
      talker.closed.join();
    }
    port.close();
    if (ownLoops) {
      loops.close();
    }
    tls.close();
  }
}
