package dev.crust.proto.reachability;

import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
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
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Dials peers back at their addresses. Only at the IP address from which the asker is seen, so that
 * nobody else is dialled on anybody's word, with a few bytes, a few times a minute for each asker
 * and each address.
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
    /**
     * Send the nonce there: as one datagram, or as the only bytes of a connection; if possible from
     * an address other than that on which the asker is connected, else by another port of it. Then
     * call {@link #onDialled}.
     */
    record Dial(Key key, Protocol protocol, InetSocketAddress address, Nonce nonce)
        implements Effect {}

    /** Send a REACHABILITY_REPORT frame with this body. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Reply(PeerId to, byte[] body) implements Effect {}
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

  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final int MAX_RUNNING = 64;
  private static final int BURST = 8;
  private static final double PER_SECOND = 0.1;
  private static final int REMEMBERED = 1024;

  private static final class Running {
    final PeerId asker;
    final int id;
    final Instant until;
    final List<Status> statuses;
    int open;

    Running(PeerId asker, Request request, Instant until) {
      this.asker = asker;
      this.id = request.id();
      this.until = until;
      this.statuses = new ArrayList<>(Collections.nCopies(request.probes().size(), Status.REFUSED));
    }
  }

  private final RateLimits<PeerId> askers = new RateLimits<>(BURST, PER_SECOND, REMEMBERED);
  private final RateLimits<InetAddress> addresses = new RateLimits<>(BURST, PER_SECOND, REMEMBERED);
  private final Map<Long, Running> running = new LinkedHashMap<>();
  private long last;

  /**
   * A REACHABILITY frame came.
   *
   * @param observed where we see the asker, on a direct path
   * @throws MalformedMessageException if it is not well-formed
   */
  public List<Effect> onRequest(PeerId from, InetAddress observed, byte[] body, Instant now)
      throws MalformedMessageException {
    Request request = DialBackMessages.request(body);
    List<Effect> effects = new ArrayList<>();
    Running each = new Running(from, request, now.plus(PATIENCE));
    boolean allowed =
        running.size() < MAX_RUNNING && askers.allows(from, now) && addresses.allows(observed, now);
    last++;
    for (int i = 0; allowed && i < request.probes().size(); i++) {
      Probe probe = request.probes().get(i);
      if (probe.protocol().isPresent() && probe.address().getAddress().equals(observed)) {
        each.open++;
        effects.add(
            new Effect.Dial(
                new Key(last, i), probe.protocol().get(), probe.address(), probe.nonce()));
      }
    }
    if (each.open == 0) {
      effects.add(reply(each));
    } else {
      running.put(last, each);
    }
    return effects;
  }

  /** A dial has ended, whether or not it reached anybody: the asker knows. */
  public List<Effect> onDialled(Key key, Source source) {
    Running each = running.get(key.request());
    if (each == null || each.statuses.get(key.probe()) != Status.REFUSED) {
      return List.of();
    }
    each.statuses.set(
        key.probe(),
        source == Source.OTHER_ADDRESS ? Status.FROM_OTHER_ADDRESS : Status.FROM_SAME_ADDRESS);
    each.open--;
    if (each.open > 0) {
      return List.of();
    }
    running.remove(key.request());
    return List.of(reply(each));
  }

  private static Effect reply(Running each) {
    return new Effect.Reply(
        each.asker, DialBackMessages.encode(new Report(each.id, each.statuses)));
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
