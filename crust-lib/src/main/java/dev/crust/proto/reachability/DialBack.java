package dev.crust.proto.reachability;

import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.guard.RateLimit;
import dev.crust.proto.punch.RateLimits;
import dev.crust.proto.reachability.DialBackMessages.Probe;
import dev.crust.proto.reachability.DialBackMessages.Report;
import dev.crust.proto.reachability.DialBackMessages.Request;
import dev.crust.proto.reachability.DialBackMessages.Status;
import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Dials peers back at their addresses. Only at the IP address from which the asker is seen, so that
 * nobody else is dialled on anybody's word; with fewer bytes than the question had; a few times a
 * minute for each asker and each address, and some times a second for all.
 *
 * <table>
 * <caption>Transitions of a request</caption>
 * <tr><th>state</th><th>event</th><th>effect</th><th>next</th></tr>
 * <tr><td>–</td><td>a request, within the limits</td><td>Dial for each address that is allowed</td><td>dialling</td></tr>
 * <tr><td>–</td><td>a request beyond the limits, or without such an address</td><td>Reply: refused</td><td>–</td></tr>
 * <tr><td>dialling</td><td>all dials have ended, or 3 s are over</td><td>Reply</td><td>–</td></tr>
 * </table>
 */
public final class DialBack {
  /** What is to be done. */
  public sealed interface Effect {
    /** The number of the request that it is about. */
    long request();

    /**
     * Send the nonce there: as one datagram, or as the only bytes of a connection; if possible from
     * an address other than that on which the asker is connected, else by another port of it. Then
     * call {@link #onDialled}.
     */
    record Dial(Key key, Protocol protocol, InetSocketAddress address, Nonce nonce)
        implements Effect {
      @Override
      public long request() {
        return key.request();
      }
    }

    /** Send the answer with this body. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Reply(PeerId to, long request, byte[] body) implements Effect {}
  }

  /** Names a dial: the number of the request, and that of the address in it. */
  public record Key(long request, int probe) {}

  /** Where a dial came from. */
  public enum Source {
    /** An address that the asker is not connected to. */
    OTHER_ADDRESS,
    /** Another port of the address that the asker is connected to. */
    SAME_ADDRESS
  }

  /** Why an address is not dialled. */
  public enum Refusal {
    /** It is not where the asker is seen. */
    ELSEWHERE,
    /** The question is shorter than what a dial-back may bring about. */
    UNPAID,
    /** The asker, or its address, or all together, ask too often. */
    TOO_OFTEN,
    /** Its protocol is one of a later version. */
    UNKNOWN_PROTOCOL
  }

  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final int MAX_RUNNING = 64;
  private static final int BURST = 8;
  private static final double PER_SECOND = 0.1;
  private static final int REMEMBERED = 1024;
  private static final RateLimit.Rate ALL = new RateLimit.Rate(64, 8);

  private static final class Running {
    final long number;
    final PeerId asker;
    final int id;
    final Instant until;
    final List<Status> statuses;
    final Set<Integer> open = new HashSet<>();

    Running(long number, PeerId asker, Request request, Instant until) {
      this.number = number;
      this.asker = asker;
      this.id = request.id();
      this.until = until;
      this.statuses = new ArrayList<>(Collections.nCopies(request.probes().size(), Status.REFUSED));
    }
  }

  private final RateLimits<PeerId> askers = new RateLimits<>(BURST, PER_SECOND, REMEMBERED);
  private final RateLimits<InetAddress> addresses = new RateLimits<>(BURST, PER_SECOND, REMEMBERED);
  private final RateLimit.Bucket all = new RateLimit.Bucket(ALL);
  private final Map<Long, Running> running = new LinkedHashMap<>();
  private final Map<Refusal, Long> refused = new EnumMap<>(Refusal.class);
  private long last;

  /**
   * A question came.
   *
   * @param observed where we see the asker, on a direct path
   * @throws MalformedMessageException if it is not well-formed
   */
  public List<Effect> onRequest(PeerId from, InetAddress observed, byte[] body, Instant now)
      throws MalformedMessageException {
    Request request = DialBackMessages.request(body);
    List<Effect> effects = new ArrayList<>();
    Running each = new Running(++last, from, request, now.plus(PATIENCE));
    boolean often = !allows(from, observed, now);
    int paid = body.length / DialBackMessages.PRICE;
    for (int i = 0; i < request.probes().size(); i++) {
      Probe probe = request.probes().get(i);
      if (often) {
        refuse(Refusal.TOO_OFTEN);
      } else if (probe.protocol().isEmpty()) {
        refuse(Refusal.UNKNOWN_PROTOCOL);
      } else if (!probe.address().getAddress().equals(observed)) {
        refuse(Refusal.ELSEWHERE);
      } else if (each.open.size() == paid) {
        refuse(Refusal.UNPAID);
      } else {
        each.open.add(i);
        Key key = new Key(each.number, i);
        effects.add(new Effect.Dial(key, probe.protocol().get(), probe.address(), probe.nonce()));
      }
    }
    if (each.open.isEmpty()) {
      effects.add(reply(each));
    } else {
      running.put(each.number, each);
    }
    return effects;
  }

  private boolean allows(PeerId from, InetAddress observed, Instant now) {
    return running.size() < MAX_RUNNING
        && askers.allows(from, now)
        && addresses.allows(observed, now)
        && all.take(now);
  }

  private void refuse(Refusal why) {
    refused.merge(why, 1L, Long::sum);
  }

  /** How many addresses were not dialled so far, by reason. */
  public Map<Refusal, Long> refused() {
    return Collections.unmodifiableMap(refused);
  }

  /** A dial has ended, whether or not it reached anybody: the asker knows. */
  public List<Effect> onDialled(Key key, Source source) {
    Status status =
        source == Source.OTHER_ADDRESS ? Status.FROM_OTHER_ADDRESS : Status.FROM_SAME_ADDRESS;
    return ended(key, status);
  }

  /** Nothing could be sent from here. */
  public List<Effect> onNotDialled(Key key) {
    return ended(key, Status.REFUSED);
  }

  private List<Effect> ended(Key key, Status status) {
    Running each = running.get(key.request());
    if (each == null || !each.open.remove(key.probe())) {
      return List.of();
    }
    each.statuses.set(key.probe(), status);
    if (!each.open.isEmpty()) {
      return List.of();
    }
    running.remove(key.request());
    return List.of(reply(each));
  }

  private static Effect reply(Running each) {
    return new Effect.Reply(
        each.asker, each.number, DialBackMessages.encode(new Report(each.id, each.statuses)));
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    return running.isEmpty() ? Instant.MAX : running.values().iterator().next().until;
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    List<Effect> effects = new ArrayList<>();
    Iterator<Running> each = running.values().iterator();
    while (each.hasNext()) {
      Running oldest = each.next();
      if (now.isBefore(oldest.until)) {
        break;
      }
      each.remove();
      effects.add(reply(oldest));
    }
    return effects;
  }
}
