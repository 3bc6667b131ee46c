package dev.crust.io.beacon;

import dev.crust.proto.beacon.Bytes;
import dev.crust.proto.beacon.Dialogue;
import dev.crust.proto.beacon.Discard;
import dev.crust.proto.beacon.LanInterface;
import dev.crust.proto.beacon.Link;
import dev.crust.proto.beacon.Schedule;
import dev.crust.proto.beacon.Surroundings;
import dev.crust.spi.Discovery.Search;
import dev.crust.spi.Discovery.Site;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint's beacon: runs its machines on a thread of its own, {@code crust-beacon}. Sockets
 * and machines belong to that thread; {@link #candidatesChanged} and {@link #close} come from any.
 */
final class BeaconSearch implements Search {
  /** Longer than any beacon, so that what is too long shows. */
  private static final int RECEIVE_LENGTH = 1500;

  /** So many datagrams of one socket are read before the clock and the other sockets get a turn. */
  private static final int READS_PER_TURN = 64;

  private static final Duration LONGEST_GOODBYE = Duration.ofSeconds(5);

  private final Site site;
  private final Thread thread;
  private final long begun = System.nanoTime();
  private final Schedule schedule;
  private final Dialogue dialogue;
  private final ByteBuffer received = ByteBuffer.allocate(RECEIVE_LENGTH);
  private final Map<Link, LinkSocket> sockets = new HashMap<>();
  private Surroundings here = new Surroundings(List.of(), List.of(), List.of());

  private volatile @Nullable Selector selector;
  private volatile boolean hinted;
  private volatile boolean closed;
  private volatile Map<Discard, Long> discarded = Map.of();

  private BeaconSearch(Site site) {
    this.site = site;
    SecureRandom random = new SecureRandom();
    schedule = new Schedule(now(), random);
    dialogue = new Dialogue(site.self(), site.network(), random);
    thread = new Thread(this::run, "crust-beacon");
    thread.setDaemon(true);
  }

  static BeaconSearch start(Site site) {
    BeaconSearch search = new BeaconSearch(site);
    search.thread.start();
    return search;
  }

  @Override
  public void candidatesChanged() {
    hinted = true;
    wakeup();
  }

  @Override
  public void close() {
    closed = true;
    wakeup();
    if (Thread.currentThread() == thread) {
      return; // from within discovered(): the loop ends when that returns
    }
    try {
      thread.join(LONGEST_GOODBYE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How many datagrams were not acted upon, by reason. */
  Map<Discard, Long> discarded() {
    return discarded;
  }

  private void wakeup() {
    Selector current = selector;
    if (current != null) {
      current.wakeup();
    }
  }

  private void run() {
    try (Selector ours = Selector.open();
        SharedPort ipv4 = new SharedPort(false, ours, site::warn);
        SharedPort ipv6 = new SharedPort(true, ours, site::warn)) {
      selector = ours; // before the first look at closed, so that no wake-up is missed
      loop(new Ears(ours, ipv4, ipv6));
    } catch (IOException e) {
      site.warn("the beacon has stopped: " + e.getMessage());
    } finally {
      sockets.values().forEach(LinkSocket::close);
    }
  }

  private record Ears(Selector selector, SharedPort ipv4, SharedPort ipv6) {}

  private void loop(Ears ears) throws IOException {
    while (!closed) {
      if (hinted) {
        hinted = false;
        schedule.onHint(now());
      }
      perform(schedule.onTimeout(now()), ears);
      long wait = Duration.between(now(), schedule.deadline()).toMillis();
      if (wait < 0) {
        ears.selector().selectNow(this::onReadable);
      } else {
        ears.selector().select(this::onReadable, wait + 1); // 0 would mean for ever
      }
      discarded = dialogue.discarded();
    }
  }

  private void perform(List<Schedule.Effect> effects, Ears ears) {
    for (Schedule.Effect effect : effects) {
      if (effect instanceof Schedule.Effect.Look) {
        look(ears);
      } else if (effect instanceof Schedule.Effect.Open open) {
        attempt(
            open.link(),
            () -> sockets.put(open.link(), LinkSocket.open(open.link(), ears.selector())));
      } else if (effect instanceof Schedule.Effect.Close close) {
        forget(close.link());
      } else if (effect instanceof Schedule.Effect.Ask ask) {
        say(ask.link(), Optional.of(dialogue.query(now())));
      } else if (effect instanceof Schedule.Effect.Announce announce) {
        say(announce.link(), dialogue.announcement(announce.link()));
      } else if (effect instanceof Schedule.Effect.Warn warning) {
        site.warn(warning.sentence());
      }
    }
  }

  private void look(Ears ears) {
    List<LanInterface> interfaces;
    try {
      interfaces = Interfaces.list();
    } catch (SocketException e) {
      return; // what we knew a second ago is still the best we know
    }
    Surroundings fresh = Surroundings.of(interfaces, site.candidates());
    if (!fresh.candidates().equals(here.candidates())) {
      schedule.onCandidatesChanged(now());
    }
    here = fresh;
    dialogue.onSurroundings(fresh);
    ears.ipv4().follow(fresh.links());
    ears.ipv6().follow(fresh.links());
    perform(schedule.onLinks(fresh.links(), now()), ears);
  }

  private void say(Link link, Optional<Bytes> datagram) {
    LinkSocket socket = sockets.get(link);
    if (socket != null && datagram.isPresent()) {
      attempt(link, () -> socket.sendToAll(datagram.get()));
    }
  }

  private interface SocketAction {
    void run() throws IOException;
  }

  /** Whatever goes wrong on one link stays on that link. */
  private void attempt(Link link, SocketAction action) {
    try {
      action.run();
    } catch (IOException e) {
      onLinkFailed(link, e);
    }
  }

  private void onLinkFailed(Link link, IOException e) {
    String reason = String.valueOf(e.getMessage());
    for (Schedule.Effect effect : schedule.onFailed(link, reason, now())) {
      if (effect instanceof Schedule.Effect.Warn warning) {
        site.warn(warning.sentence());
      } else {
        forget(link);
      }
    }
  }

  private void forget(Link link) {
    LinkSocket socket = sockets.remove(link);
    if (socket != null) {
      socket.close();
    }
  }

  private void onReadable(SelectionKey key) {
    DatagramChannel channel = (DatagramChannel) key.channel();
    try {
      for (int i = 0; i < READS_PER_TURN && !closed; i++) {
        received.clear();
        InetSocketAddress source = (InetSocketAddress) channel.receive(received);
        if (source == null) {
          return;
        }
        onDatagram(key, Bytes.filledPart(received), source);
      }
    } catch (IOException e) {
      onBroken(key, e);
    }
  }

  private void onDatagram(SelectionKey key, Bytes datagram, InetSocketAddress source) {
    Optional<Dialogue.Effect> effect =
        key.attachment() instanceof LinkSocket
            ? dialogue.onOwn(datagram, source.getAddress(), now())
            : dialogue.onShared(datagram, source.getAddress(), now());
    if (effect.isEmpty()) {
      return;
    }
    if (effect.get() instanceof Dialogue.Effect.Found found) {
      site.discovered(found.address(), 1);
    } else if (effect.get() instanceof Dialogue.Effect.Reply reply) {
      reply(reply, source);
    }
  }

  private void reply(Dialogue.Effect.Reply reply, InetSocketAddress asker) {
    LinkSocket socket = sockets.get(reply.link());
    if (socket == null) {
      return;
    }
    try {
      socket.send(reply.datagram(), asker);
    } catch (IOException e) {
      // One asker that cannot be reached, or that forged its address, says nothing about the link.
    }
  }

  private void onBroken(SelectionKey key, IOException e) {
    if (key.attachment() instanceof LinkSocket socket) {
      onLinkFailed(socket.link(), e);
    } else if (key.attachment() instanceof SharedPort port) {
      port.onBroken(e);
    }
  }

  private Instant now() {
    return Instant.EPOCH.plusNanos(System.nanoTime() - begun);
  }
}
