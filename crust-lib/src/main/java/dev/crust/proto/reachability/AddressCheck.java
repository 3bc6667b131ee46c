package dev.crust.proto.reachability;

import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.reachability.DialBackMessages.Probe;
import dev.crust.proto.reachability.DialBackMessages.Report;
import dev.crust.proto.reachability.DialBackMessages.Request;
import dev.crust.proto.reachability.DialBackMessages.Status;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Protocol;
import dev.crust.spi.TraversalCandidate;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Finds out which of our addresses others reach, by asking peers to dial them back with a nonce.
 *
 * <p>A nonce that comes from an address that we have not sent to proves an address public, whatever
 * its sender says. That nothing came is believed when two peers say that they have tried. Each peer
 * is asked once for one set of addresses, one peer at a time, until all is known.
 *
 * <table>
 * <caption>Transitions of an address</caption>
 * <tr><th>state</th><th>event</th><th>next</th></tr>
 * <tr><td>any</td><td>a nonce, or a stranger, from where we have not sent to</td><td>public</td></tr>
 * <tr><td>unknown</td><td>two peers say that they tried in vain</td><td>punchable</td></tr>
 * <tr><td>any</td><td>{@link #onBlocked}</td><td>blocked</td></tr>
 * <tr><td>any</td><td>{@link #onCandidates}</td><td>unknown, if the address is new</td></tr>
 * </table>
 */
public final class AddressCheck {
  /** What is to be done. */
  public sealed interface Effect {
    /** Send this peer a REACHABILITY frame with this body. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Ask(PeerId server, byte[] body) implements Effect {}

    /** This is known of an address now. */
    record Found(TraversalCandidate address, Reachability reachability) implements Effect {}
  }

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** A nonce may overtake the report, and be overtaken by it. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private static final int FAILURES = 2;
  private static final int MAX_SERVERS = 32;

  private static final class Finding {
    Reachability reachability = Reachability.UNKNOWN;
    boolean fromSame;
    int vainFromOther;
    int vainFromSame;
  }

  private record Question(
      PeerId server, int id, List<TraversalCandidate> asked, List<Nonce> nonces) {}

  private final RandomGenerator random;
  private final Map<TraversalCandidate, Finding> findings = new LinkedHashMap<>();
  private final Set<PeerId> servers = new java.util.LinkedHashSet<>();
  private final Set<PeerId> askedBefore = new HashSet<>();
  private final Set<Nonce> arrived = new HashSet<>();
  private Optional<Question> question = Optional.empty();
  private Optional<Report> report = Optional.empty();
  private Instant end = Instant.MAX;
  private int lastId;

  /** One that knows no address yet. */
  public AddressCheck(RandomGenerator random) {
    this.random = random;
  }

  /** These are our addresses now; what is known of those that remain stays. */
  public List<Effect> onCandidates(List<TraversalCandidate> candidates, Instant now) {
    findings.keySet().retainAll(candidates);
    boolean fresh = false;
    for (TraversalCandidate each : candidates) {
      fresh |= findings.putIfAbsent(each, new Finding()) == null;
    }
    if (fresh) {
      askedBefore.clear();
    }
    return ask(now);
  }

  /** The network has changed: nothing that was known is. */
  public List<Effect> onNetworkChange(Instant now) {
    findings.replaceAll((address, old) -> new Finding());
    askedBefore.clear();
    question = Optional.empty();
    end = Instant.MAX;
    return ask(now);
  }

  /** A peer that dials back is connected. */
  public List<Effect> onServer(PeerId server, Instant now) {
    if (servers.size() < MAX_SERVERS) {
      servers.add(server);
    }
    return ask(now);
  }

  /** It is no more. */
  public List<Effect> onServerGone(PeerId server, Instant now) {
    servers.remove(server);
    if (question.filter(each -> each.server().equals(server)).isPresent()) {
      question = Optional.empty();
      end = Instant.MAX;
    }
    return ask(now);
  }

  private List<Effect> ask(Instant now) {
    List<TraversalCandidate> unknown =
        findings.entrySet().stream()
            .filter(each -> each.getValue().reachability == Reachability.UNKNOWN)
            .map(Map.Entry::getKey)
            .limit(DialBackMessages.MAX_PROBES)
            .toList();
    Optional<PeerId> next =
        servers.stream().filter(each -> !askedBefore.contains(each)).findFirst();
    if (question.isPresent() || unknown.isEmpty() || next.isEmpty()) {
      return List.of();
    }
    List<Probe> probes = new ArrayList<>();
    for (TraversalCandidate each : unknown) {
      probes.add(new Probe(Optional.of(each.protocol()), each.address(), nonce()));
    }
    askedBefore.add(next.get());
    arrived.clear();
    report = Optional.empty();
    question =
        Optional.of(
            new Question(
                next.get(), ++lastId, unknown, probes.stream().map(Probe::nonce).toList()));
    end = now.plus(PATIENCE);
    byte[] body = DialBackMessages.encode(new Request(lastId, probes));
    return List.of(new Effect.Ask(next.get(), body));
  }

  private Nonce nonce() {
    long value = random.nextLong();
    return new Nonce(value == 0 ? 1 : value);
  }

  /** Where a dial-back, or a stranger, came from. */
  public enum Source {
    /** An address that we have not sent to. */
    STRANGE,
    /** One that we have sent to, so that a filter may have been open for it. */
    CONTACTED
  }

  /** A nonce came in at the port of an address of this protocol. */
  public List<Effect> onNonce(Protocol protocol, Nonce nonce, Source source) {
    int index = question.map(each -> each.nonces().indexOf(nonce)).orElse(-1);
    if (index < 0) {
      return List.of();
    }
    TraversalCandidate address = question.orElseThrow().asked().get(index);
    Finding finding = findings.get(address);
    if (finding == null || address.protocol() != protocol) {
      return List.of();
    }
    arrived.add(nonce);
    finding.fromSame |= source == Source.CONTACTED;
    return source == Source.STRANGE ? find(address, finding, Reachability.PUBLIC) : List.of();
  }

  /** Somebody on another network has dialled one of our addresses unasked. */
  public List<Effect> onStranger(TraversalCandidate address, InetAddress from) {
    Finding finding = findings.get(address);
    boolean near =
        from.isLoopbackAddress()
            || from.isLinkLocalAddress()
            || from.isSiteLocalAddress()
            || from.equals(address.address().getAddress());
    return finding == null || near ? List.of() : find(address, finding, Reachability.PUBLIC);
  }

  /** Nothing of this protocol goes out of our network. */
  public List<Effect> onBlocked(Protocol protocol) {
    List<Effect> effects = new ArrayList<>();
    findings.forEach(
        (address, finding) -> {
          if (address.protocol() == protocol) {
            effects.addAll(find(address, finding, Reachability.BLOCKED));
          }
        });
    return effects;
  }

  /**
   * A REACHABILITY_REPORT frame came.
   *
   * @throws MalformedMessageException if it is not well-formed
   */
  public List<Effect> onReport(PeerId server, byte[] body, Instant now)
      throws MalformedMessageException {
    Report told = DialBackMessages.report(body);
    boolean fits =
        question
            .filter(each -> each.server().equals(server) && each.id() == told.id())
            .filter(each -> each.asked().size() == told.statuses().size())
            .isPresent();
    if (fits && report.isEmpty()) {
      report = Optional.of(told);
      Question asked = question.orElseThrow();
      end = arrived.containsAll(asked.nonces()) ? now : now.plus(GRACE);
      return onTimeout(now);
    }
    return List.of();
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    return end;
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    if (now.isBefore(end) || question.isEmpty()) {
      return List.of();
    }
    List<Effect> effects = new ArrayList<>();
    Question asked = question.get();
    for (int i = 0; i < asked.asked().size(); i++) {
      TraversalCandidate address = asked.asked().get(i);
      Finding finding = findings.get(address);
      if (finding != null && report.isPresent() && !arrived.contains(asked.nonces().get(i))) {
        Status status = report.get().statuses().get(i);
        finding.vainFromOther += status == Status.FROM_OTHER_ADDRESS ? 1 : 0;
        finding.vainFromSame += status == Status.FROM_SAME_ADDRESS ? 1 : 0;
        if (finding.vainFromOther + finding.vainFromSame >= FAILURES
            && finding.reachability == Reachability.UNKNOWN) {
          effects.addAll(find(address, finding, Reachability.PUNCHABLE));
        }
      }
    }
    question = Optional.empty();
    end = Instant.MAX;
    effects.addAll(ask(now));
    return effects;
  }

  private static List<Effect> find(
      TraversalCandidate address, Finding finding, Reachability found) {
    if (finding.reachability == found) {
      return List.of();
    }
    finding.reachability = found;
    return List.of(new Effect.Found(address, found));
  }

  /** What is known of an address. */
  public Reachability reachability(TraversalCandidate address) {
    Finding finding = findings.get(address);
    return finding == null ? Reachability.UNKNOWN : finding.reachability;
  }

  /** What dial-backs say of the filter before an address: the only test of it that TCP has. */
  public Filtering filtering(TraversalCandidate address) {
    Finding finding = Objects.requireNonNullElseGet(findings.get(address), Finding::new);
    if (finding.reachability == Reachability.PUBLIC) {
      return Filtering.ENDPOINT_INDEPENDENT;
    } else if (finding.fromSame && finding.vainFromOther > 0) {
      return Filtering.ADDRESS_DEPENDENT;
    }
    return finding.vainFromSame > 0 ? Filtering.ADDRESS_AND_PORT_DEPENDENT : Filtering.UNKNOWN;
  }
}
