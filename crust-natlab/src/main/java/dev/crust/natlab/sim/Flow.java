package dev.crust.natlab.sim;

import dev.crust.natlab.scenario.UdpLifetime;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An entry of a router's connection tracking: one inside endpoint, one remote one. */
final class Flow {
  /** Traffic both ways for this long makes a UDP flow a proven one, as Linux does it. */
  private static final long PROVEN_AFTER = Duration.ofSeconds(2).toNanos();

  final Protocol protocol;
  final InetSocketAddress inside;
  final InetSocketAddress outside;
  final InetSocketAddress remote;

  /** Whether the first packet came from inside. */
  final boolean fromInside;

  /** Whether the inside end is the router itself. */
  final boolean own;

  private final long created;
  private final UdpLifetime lifetime;
  private final @Nullable TcpTracking tcp;
  private boolean replied;
  private long expiry;

  Flow(
      Packet first,
      InetSocketAddress inside,
      InetSocketAddress outside,
      InetSocketAddress remote,
      boolean fromInside,
      boolean own,
      UdpLifetime lifetime,
      long now) {
    this.protocol = first.protocol();
    this.inside = inside;
    this.outside = outside;
    this.remote = remote;
    this.fromInside = fromInside;
    this.own = own;
    this.lifetime = lifetime;
    this.created = now;
    this.tcp = first.payload() instanceof Packet.Tcp segment ? new TcpTracking(segment) : null;
    refresh(now);
  }

  boolean alive(long now) {
    return now < expiry;
  }

  /** A further packet. Only a valid one keeps the entry alive. */
  TcpTracking.Verdict on(Packet packet, boolean sentFromInside, long now) {
    boolean original = sentFromInside == fromInside;
    TcpTracking.Verdict verdict = TcpTracking.Verdict.VALID;
    if (tcp != null && packet.payload() instanceof Packet.Tcp segment) {
      verdict = tcp.on(segment, original);
    }
    if (verdict == TcpTracking.Verdict.VALID) {
      replied |= !original;
      refresh(now);
    }
    return verdict;
  }

  private void refresh(long now) {
    Duration life;
    if (tcp != null) {
      life = tcp.timeout();
    } else {
      life = replied && now - created > PROVEN_AFTER ? lifetime.proven() : lifetime.fresh();
    }
    expiry = now + life.toNanos();
  }

  String text(long now) {
    return "%s %s %s %s %s %ds"
        .formatted(
            protocol,
            Packet.text(inside),
            Packet.text(outside),
            Packet.text(remote),
            tcp == null ? (replied ? "REPLIED" : "UNREPLIED") : tcp,
            (expiry - now) / 1_000_000_000);
  }
}
