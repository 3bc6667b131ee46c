package dev.crust.proto.guard;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Those who have come in but have not proven who they are: bounded in number and in time. When it
 * is full, the oldest of the network that fills it most has to go, so that one flooder cannot keep
 * others out. Networks are counted by IPv4 address and by IPv6 /64.
 *
 * @param <P> a path
 */
public final class Antechamber<P> {
  /** As many may wait. */
  public static final int CAPACITY = 1024;

  /** As long may each take, from its arrival to its admission. */
  public static final Duration PATIENCE = Duration.ofSeconds(10);

  private record Guest(ByteBuffer network, Instant until) {}

  private final Map<P, Guest> guests = new LinkedHashMap<>();
  private final Map<ByteBuffer, Integer> perNetwork = new HashMap<>();

  /** Somebody has come in from this address. Returns who has to go for that. */
  public Optional<P> onArrived(P path, InetAddress source, Instant now) {
    Optional<P> evicted = guests.size() < CAPACITY ? Optional.empty() : Optional.of(eldestOfMost());
    evicted.ifPresent(this::onLeft);
    ByteBuffer network = network(source);
    guests.put(path, new Guest(network, now.plus(PATIENCE)));
    perNetwork.merge(network, 1, Integer::sum);
    return evicted;
  }

  /** Somebody was admitted, was refused, or has gone. */
  public void onLeft(P path) {
    Guest guest = guests.remove(path);
    if (guest != null) {
      perNetwork.computeIfPresent(guest.network, (n, count) -> count == 1 ? null : count - 1);
    }
  }

  /** When {@link #onTimeout} should be called next; null for never. */
  public @Nullable Instant deadline() {
    return guests.isEmpty() ? null : guests.values().iterator().next().until;
  }

  /** Returns those whose time is up; they have left with that. */
  public List<P> onTimeout(Instant now) {
    List<P> late = new ArrayList<>();
    for (Map.Entry<P, Guest> guest : guests.entrySet()) {
      if (now.isBefore(guest.getValue().until)) {
        break;
      }
      late.add(guest.getKey());
    }
    late.forEach(this::onLeft);
    return late;
  }

  private P eldestOfMost() {
    ByteBuffer most =
        perNetwork.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    return guests.entrySet().stream()
        .filter(guest -> guest.getValue().network.equals(most))
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  private static ByteBuffer network(InetAddress source) {
    byte[] address = source.getAddress();
    return ByteBuffer.wrap(address, 0, address.length == 16 ? 8 : address.length);
  }
}
