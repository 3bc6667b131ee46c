package dev.crust.driver;

import dev.crust.io.PunchPort;
import dev.crust.proto.nat.PortEvidence;
import dev.crust.proto.stun.StunAttribute.OtherAddress;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.StunTransaction;
import dev.crust.spi.Profile;
import dev.crust.spi.Protocol;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What stands between our TCP and the world, as far as STUN over TCP tells: rounds in which several
 * observers (connected peers, and STUN servers) say at one time where they see the port that we
 * listen on. STUN has no test of what is let in. What was found is kept until an address changes.
 * On the control loop.
 */
final class TcpView {
  /** For connecting, and as long again for the answer. */
  private static final Duration PATIENCE = Duration.ofMillis(900);

  /** Once one has answered, those who do not speak TCP keep nobody waiting. */
  private static final Duration LATE = Duration.ofMillis(400);

  /** Once two have answered, the others get as long. */
  private static final Duration STRAGGLERS = Duration.ofMillis(100);

  private static final int QUORUM = 2;

  private final EndpointContext context;
  private final Function<InetSocketAddress, Optional<PunchPort>> ports;
  private final Supplier<List<InetSocketAddress>> observers;
  private final Runnable settled;
  private List<InetSocketAddress> locals = List.of();
  private @Nullable Round round;
  private List<Runnable> lines = List.of();
  private Instant known = Instant.MIN;
  private @Nullable PortEvidence evidence;

  /** What an only observer has told to be its other address, and has answered at. */
  private Map<InetSocketAddress, InetSocketAddress> seconds = Map.of();

  /**
   * Nobody has been asked yet.
   *
   * @param ports the port of ours to dial a remote address from, if we listen where it leads
   * @param observers whom to ask, each at an IP address of its own
   * @param settled hears when a round has ended
   */
  TcpView(
      EndpointContext context,
      Function<InetSocketAddress, Optional<PunchPort>> ports,
      Supplier<List<InetSocketAddress>> observers,
      Runnable settled) {
    this.context = context;
    this.ports = ports;
    this.observers = observers;
    this.settled = settled;
  }

  /** We listen there now. */
  void look(List<InetSocketAddress> now) {
    if (!now.equals(locals)) {
      // Another way out may have another NAT.
      locals = now;
      evidence = null;
      known = Instant.MIN;
      round = null;
      begin();
    }
  }

  /** What was seen may be void. */
  void doubt() {
    known = Instant.MIN;
  }

  /** Whether nothing is being found out; where nobody has answered before, nobody waits for it. */
  boolean isKnown() {
    PortEvidence before = evidence;
    return round == null || (before != null && before.seen().isEmpty());
  }

  /** Whether what is known is fresh. */
  boolean isFresh() {
    return locals.isEmpty() || context.now().isBefore(known.plus(NatView.FRESH));
  }

  /** What is known of it. */
  Profile profile() {
    PortEvidence seen = evidence;
    return seen == null ? Profile.UNKNOWN : seen.profile();
  }

  /** Where our port is seen from outside. */
  List<InetSocketAddress> reflexive() {
    PortEvidence seen = evidence;
    return seen == null ? List.of() : seen.reflexive();
  }

  /** Asks whom there is to ask, unless that is being done. */
  void begin() {
    List<InetSocketAddress> asked = observers.get();
    if (round != null || asked.isEmpty() || locals.isEmpty()) {
      return;
    }
    Optional<PunchPort> port =
        asked.stream().flatMap(each -> ports.apply(each).stream()).findFirst();
    port.ifPresent(
        from -> {
          // Those of the round before would bar the way to the same servers.
          lines.forEach(Runnable::run);
          lines = new ArrayList<>();
          round = new Round(from);
          asked.forEach(round::ask);
          if (asked.size() == 1) {
            Optional.ofNullable(seconds.get(asked.get(0))).ifPresent(round::ask);
          }
        });
  }

  /** One question to several observers. */
  private final class Round {
    private final PunchPort port;
    private final Map<InetSocketAddress, InetSocketAddress> seen = new LinkedHashMap<>();
    private int asked;
    private int left;

    Round(PunchPort port) {
      this.port = port;
    }

    void ask(InetSocketAddress observer) {
      asked++;
      left++;
      context.contacts().onSent(Protocol.TCP, observer.getAddress(), context.now());
      lines.add(
          port.ask(observer, PATIENCE, ended -> context.onControl(() -> onEnded(observer, ended))));
    }

    private void onEnded(InetSocketAddress observer, StunTransaction.Effect ended) {
      if (round != this) {
        return;
      }
      if (ended instanceof StunTransaction.Effect.Answered answered) {
        onAnswer(observer, answered.response());
      }
      left--;
      if (left == 0) {
        finish();
      }
    }

    private void onAnswer(InetSocketAddress observer, StunMessage answer) {
      Optional<InetSocketAddress> where = answer.reflexiveAddress();
      if (where.isEmpty()) {
        return;
      }
      seen.put(observer, where.get());
      if (seen.size() <= QUORUM) {
        Duration patience = seen.size() < QUORUM ? LATE : STRAGGLERS;
        context.at(context.now().plus(patience), context.control(), this::finish);
      }
      Optional<OtherAddress> other = answer.first(OtherAddress.class);
      if (asked == 1 && other.isPresent()) {
        // The only observer has another address, at which its port is the same (RFC 5780 §4.3).
        InetSocketAddress second =
            new InetSocketAddress(other.get().address().getAddress(), observer.getPort());
        if (PortEvidence.isOutside(second.getAddress())
            && !second.getAddress().equals(observer.getAddress())) {
          seconds = Map.of(observer, second);
          ask(second);
        }
      }
    }

    private void finish() {
      if (round != this) {
        return;
      }
      round = null;
      if (!seen.keySet().containsAll(seconds.values())) {
        seconds = Map.of();
      }
      PortEvidence before = evidence;
      // The network may be down just now: what was known will do, and is asked for again.
      if (!seen.isEmpty() || before == null) {
        known = seen.isEmpty() ? Instant.MIN : context.now();
        // Many a STUN server does not speak TCP, so silence tells nothing.
        evidence = new PortEvidence(port.local(), seen, 0, Optional.empty());
      }
      settled.run();
    }
  }
}
