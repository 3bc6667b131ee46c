package dev.crust.proto.reachability;

import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.nat.PortEvidence;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Finds out which of our addresses others reach, by asking peers to dial them back with a nonce.
 *
 * <p>A nonce that comes from an address that we have not sent to proves an address public, whatever
 * its sender says. That nothing came is believed when two peers say that they have tried. Each peer
 * is asked once for one set of addresses, one peer at a time, until all is known, and again after a
 * quarter of an hour; however often the addresses change, {@value #MAX_QUESTIONS} times in five
 * minutes at most.
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
    /** Send this peer a question with this body: these nonces may come of it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Ask(PeerId server, byte[] body, List<Nonce> nonces) implements Effect {}

    /** This is known of an address now. */
    record Found(TraversalCandidate address, Reachability reachability) implements Effect {}
  }

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** A nonce may overtake the report, and be overtaken by it. */
  private static final Duration GRACE = Duration.ofMillis(500);

  private static final int FAILURES = 2;
  private static final int MAX_SERVERS = 32;

  /** So many questions in one {@link #SPAN}. */
  private static final int MAX_QUESTIONS = 8;

  private static final Duration SPAN = Duration.ofMinutes(5);

  /** Whom we had sent to, so that its nonce proved nothing, we may have left alone since then. */
  private static final Duration AGAIN = Duration.ofMinutes(15);

  private static final class Finding {
    Reachability reachability = Reachability.UNKNOWN;

    /** A nonce has come from an address that we had sent to. */
    boolean fromSame;

    /** Peers tried in vain from where we have not sent to; the filter may be any. */
    int vainFromOther;

    /** Peers tried in vain by another port of an address that we had sent to. */
    int vainFromSame;

    int vain() {
      return vainFromOther + vainFromSame;
    }
  }

  private record Question(
      PeerId server, int id, List<TraversalCandidate> asked, List<Nonce> nonces) {}

  private final RandomGenerator random;
  private final Map<TraversalCandidate, Finding> findings = new LinkedHashMap<>();
  private final Set<PeerId> servers = new LinkedHashSet<>();
  private final Set<PeerId> askedBefore = new HashSet<>();
  private final Set<Nonce> arrived = new HashSet<>();
  private Optional<Question> question = Optional.empty();
  private Optional<Report> report = Optional.empty();
  private Set<Protocol> filtersOpened = Set.of();
  private Instant end = Instant.MAX;
  private final ArrayDeque<Instant> questions = new ArrayDeque<>();
  private Instant lastAsked = Instant.EPOCH;
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

  /** The network has changed, and these are our addresses now: nothing that was known is. */
  public List<Effect> onNetworkChange(List<TraversalCandidate> candidates, Instant now) {
    findings.clear();
    drop();
    return onCandidates(candidates, now);
  }

  private void drop() {
    question = Optional.empty();
    end = Instant.MAX;
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
    List<Effect> effects = onRefused(server, now);
    askedBefore.remove(server);
    return effects;
  }

  /** It does not dial back, or cannot be asked now: that tells nothing. */
  public List<Effect> onRefused(PeerId server, Instant now) {
    if (question.filter(each -> each.server().equals(server)).isPresent()) {
      drop();
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
    if (question.isPresent()) {
      return List.of();
    }
    if (unknown.isEmpty() || servers.isEmpty()) {
      end = Instant.MAX;
      return List.of();
    }
    if (askedBefore.containsAll(servers)) {
      Instant again = lastAsked.plus(AGAIN);
      if (now.isBefore(again)) {
        end = again;
        return List.of();
      }
      askedBefore.clear();
    }
    PeerId next =
        servers.stream().filter(each -> !askedBefore.contains(each)).findFirst().orElseThrow();
    while (!questions.isEmpty() && !now.isBefore(questions.element().plus(SPAN))) {
      questions.remove();
    }
    if (questions.size() == MAX_QUESTIONS) {
      end = questions.element().plus(SPAN);
      return List.of();
    }
    questions.add(now);
    lastAsked = now;
    List<Probe> probes = new ArrayList<>();
    for (TraversalCandidate each : unknown) {
      probes.add(new Probe(Optional.of(each.protocol()), each.address(), nonce()));
    }
    askedBefore.add(next);
    arrived.clear();
    report = Optional.empty();
    List<Nonce> nonces = probes.stream().map(Probe::nonce).toList();
    question = Optional.of(new Question(next, ++lastId, unknown, nonces));
    end = now.plus(PATIENCE);
    byte[] body = DialBackMessages.encode(new Request(lastId, probes));
    return List.of(new Effect.Ask(next, body, nonces));
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
    boolean near = !PortEvidence.isOutside(from) || from.equals(address.address().getAddress());
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
   * The answer to a question came.
   *
   * @param opened the protocols whose ports of ours have sent to the server's address lately, so
   *     that a filter that goes by addresses would have let another port of it in
   * @throws MalformedMessageException if it is not well-formed
   */
  public List<Effect> onReport(PeerId server, byte[] body, Set<Protocol> opened, Instant now)
      throws MalformedMessageException {
    Report told = DialBackMessages.report(body);
    boolean fits =
        question
            .filter(each -> each.server().equals(server) && each.id() == told.id())
            .filter(each -> each.asked().size() == told.statuses().size())
            .isPresent();
    if (fits && report.isEmpty()) {
      report = Optional.of(told);
      filtersOpened = Set.copyOf(opened);
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
    if (now.isBefore(end)) {
      return List.of();
    }
    if (question.isEmpty()) {
      return ask(now);
    }
    List<Effect> effects = new ArrayList<>();
    Question asked = question.get();
    for (int i = 0; i < asked.asked().size(); i++) {
      TraversalCandidate address = asked.asked().get(i);
      Finding finding = findings.get(address);
      if (finding != null && report.isPresent() && !arrived.contains(asked.nonces().get(i))) {
        Status status = report.get().statuses().get(i);
        boolean same =
            status == Status.FROM_SAME_ADDRESS && filtersOpened.contains(address.protocol());
        finding.vainFromSame += same ? 1 : 0;
        finding.vainFromOther += same || status == Status.REFUSED ? 0 : 1;
        if (finding.vain() >= FAILURES && finding.reachability == Reachability.UNKNOWN) {
          effects.addAll(find(address, finding, Reachability.PUNCHABLE));
        }
      }
    }
    drop();
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

  /** What is known of the best of some addresses: whoever dials tries them all. */
  public Reachability reachability(List<TraversalCandidate> addresses) {
    List<Reachability> known = addresses.stream().map(this::reachability).toList();
    return Stream.of(Reachability.PUBLIC, Reachability.PUNCHABLE, Reachability.BLOCKED)
        .filter(known::contains)
        .findFirst()
        .orElse(Reachability.UNKNOWN);
  }

  /**
   * What dial-backs say of the filter before an address: the only test of it that TCP has. As thin
   * evidence as one peer's word is none.
   */
  public Filtering filtering(TraversalCandidate address) {
    Finding finding = Objects.requireNonNullElseGet(findings.get(address), Finding::new);
    if (finding.reachability == Reachability.PUBLIC) {
      return Filtering.ENDPOINT_INDEPENDENT;
    } else if (finding.fromSame && finding.vainFromOther > 0) {
      return Filtering.ADDRESS_DEPENDENT;
    }
    boolean strict = !finding.fromSame && finding.vainFromSame > 0 && finding.vain() >= FAILURES;
    return strict ? Filtering.ADDRESS_AND_PORT_DEPENDENT : Filtering.UNKNOWN;
  }

  /** The same of the least strict of some addresses. */
  public Filtering filtering(List<TraversalCandidate> addresses) {
    List<Filtering> known = addresses.stream().map(this::filtering).toList();
    return Stream.of(
            Filtering.ENDPOINT_INDEPENDENT,
            Filtering.ADDRESS_DEPENDENT,
            Filtering.ADDRESS_AND_PORT_DEPENDENT)
        .filter(known::contains)
        .findFirst()
        .orElse(Filtering.UNKNOWN);
  }
}
