package dev.crust.proto.punch;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What ordinary punching may cost, for all traversals of one endpoint together: new flows a second,
 * since each takes an entry in a router's table, and packets to an IP address that has not
 * answered, since whoever tells us of an address may mean harm to it.
 */
public final class PunchBudget {
  /** New flows a second. */
  public static final int FLOWS_PER_SECOND = 100;

  /** Packets to an address of which only the peer has told, until it answers. */
  public static final int STRANGER_PACKETS = 5;

  /**
   * Packets to an address at which an introducer of ours has seen the peer, until it answers, those
   * aside that it has refused: three rounds by UDP and by TCP take fewer.
   */
  public static final int VOUCHED_PACKETS = 60;

  /** How long an address that has not answered is remembered, from the first packet to it. */
  public static final Duration MEMORY = Duration.ofMinutes(10);

  /** As many addresses that have not answered are remembered; beyond that nothing is sent. */
  public static final int MAX_ADDRESSES = 1024;

  private static final class Spent {
    final Instant since;
    int packets;

    Spent(Instant since) {
      this.since = since;
    }
  }

  private final Map<InetAddress, Spent> unanswered = new LinkedHashMap<>();
  private double flows = FLOWS_PER_SECOND;
  private Instant filled = Instant.MIN;
  private long refused;

  /** Takes what the first packet of a flow costs, if it is there. */
  boolean opens(InetAddress address, int limit, Instant now) {
    refill(now);
    if (flows < 1 || !sends(address, limit, now)) {
      refused++;
      return false;
    }
    flows--;
    return true;
  }

  /** Takes what one more packet of a flow costs, if it is there. */
  boolean sends(InetAddress address, int limit, Instant now) {
    Spent spent = unanswered.get(address);
    if (spent == null || !now.isBefore(spent.since.plus(MEMORY))) {
      unanswered.remove(address);
      forget(now);
      if (unanswered.size() >= MAX_ADDRESSES || limit < 1) {
        return false;
      }
      spent = new Spent(now);
      unanswered.put(address, spent);
    }
    if (spent.packets >= limit) {
      return false;
    }
    spent.packets++;
    return true;
  }

  /** The address has answered, with a proof that it got what we sent. */
  void onAnswered(InetAddress address) {
    unanswered.remove(address);
  }

  /**
   * The address has refused a packet: somebody is there, and it cost them no more than an answer.
   */
  void onRefused(InetAddress address) {
    Spent spent = unanswered.get(address);
    if (spent != null && spent.packets > 0) {
      spent.packets--;
    }
  }

  /** How many flows were held back or refused so far. */
  public long refused() {
    return refused;
  }

  private void refill(Instant now) {
    if (!filled.equals(Instant.MIN) && now.isAfter(filled)) {
      double seconds = Duration.between(filled, now).toNanos() / 1e9;
      flows = Math.min(FLOWS_PER_SECOND, flows + seconds * FLOWS_PER_SECOND);
    }
    filled = now;
  }

  /** They are in the order of their first packets. */
  private void forget(Instant now) {
    var oldest = unanswered.values().iterator();
    while (oldest.hasNext() && !now.isBefore(oldest.next().since.plus(MEMORY))) {
      oldest.remove();
    }
  }
}
