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
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds out which of our addresses others reach, by asking peers to dial them back with a nonce.
 *
 * <p>A nonce that comes from an address that we have not sent to proves an address public, whatever
 * its sender says. That nothing came is believed when two peers say that they have tried. Each peer
 * is asked once for one set of addresses, {@value #AT_ONCE} peers at a time, until all is known,
 * and again after a quarter of an hour; however often the addresses change, {@value #MAX_QUESTIONS}
 * times in five minutes at most.
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

  /** As many as are believed: so a filter is known after one silence and not after two. */
  private static final int AT_ONCE = FAILURES;

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

    /** Who tried in vain from where we have not sent to; the filter may be any. */
    final Set<PeerId> vainFromOther = new HashSet<>();

    /** Who tried in vain by another port of an address that we had sent to. */
    final Set<PeerId> vainFromSame = new HashSet<>();

    /** How often it was asked about: no question has room for more than eight addresses. */
    int asked;

    /** How many peers tried in vain: one that is asked again has the same to say. */
    long vain() {
      return Stream.concat(vainFromOther.stream(), vainFromSame.stream()).distinct().count();
    }
  }

  private static final class Question {
    final int id;
    final List<TraversalCandidate> asked;
    final List<Nonce> nonces;
    final Set<Nonce> arrived = new HashSet<>();
    Optional<Report> report = Optional.empty();
    Set<Protocol> filtersOpened = Set.of();
    Instant end;

    Question(int id, List<TraversalCandidate> asked, List<Nonce> nonces, Instant end) {
      this.id = id;
      this.asked = asked;
      this.nonces = nonces;
      this.end = end;
    }
  }

  private final RandomGenerator random;
  private final Map<TraversalCandidate, Finding> findings = new LinkedHashMap<>();
  private final Set<PeerId> servers = new LinkedHashSet<>();
  private final Set<PeerId> askedBefore = new HashSet<>();
  private final Map<PeerId, Question> open = new LinkedHashMap<>();

  /** When to ask without further cause. */
  private Instant later = Instant.MAX;

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
    open.clear();
    return onCandidates(candidates, now);
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
    // What it said before stays its one voice.
    askedBefore.remove(server);
    return effects;
  }

  /** It does not dial back, or cannot be asked now: that tells nothing. */
  public List<Effect> onRefused(PeerId server, Instant now) {
    open.remove(server);
    return ask(now);
  }

  private List<Effect> ask(Instant now) {
    List<Effect> effects = new ArrayList<>();
    later = Instant.MAX;
    List<TraversalCandidate> unknown = unknown();
    while (!unknown.isEmpty() && open.size() < AT_ONCE) {
      Optional<PeerId> next = next(now);
      if (next.isEmpty()) {
        break;
      }
      effects.add(ask(next.get(), unknown, now));
      unknown = unknown();
    }
    return effects;
  }

  /** Those that are asked about next: those before the others that were asked about less. */
  private List<TraversalCandidate> unknown() {
    return findings.entrySet().stream()
        .filter(each -> each.getValue().reachability == Reachability.UNKNOWN)
        .sorted(Comparator.comparingInt(each -> each.getValue().asked))
        .map(Map.Entry::getKey)
        .limit(DialBackMessages.MAX_PROBES)
        .toList();
  }

  /** Who is to be asked next, if it is time; else that is later. */
  private Optional<PeerId> next(Instant now) {
    if (!servers.isEmpty() && askedBefore.containsAll(servers)) {
      Instant again = lastAsked.plus(AGAIN);
      if (now.isBefore(again)) {
        later = again;
        return Optional.empty();
      }
      askedBefore.clear();
    }
    while (!questions.isEmpty() && !now.isBefore(questions.element().plus(SPAN))) {
      questions.remove();
    }
    Optional<PeerId> next =
        servers.stream()
            .filter(each -> !askedBefore.contains(each) && !open.containsKey(each))
            .findFirst();
    if (next.isPresent() && questions.size() == MAX_QUESTIONS) {
      later = questions.element().plus(SPAN);
      return Optional.empty();
    }
    return next;
  }

  private Effect ask(PeerId server, List<TraversalCandidate> addresses, Instant now) {
    questions.add(now);
    lastAsked = now;
    askedBefore.add(server);
    List<Probe> probes = new ArrayList<>();
    for (TraversalCandidate each : addresses) {
      probes.add(new Probe(Optional.of(each.protocol()), each.address(), nonce()));
      finding(each).asked++;
    }
    List<Nonce> nonces = probes.stream().map(Probe::nonce).toList();
    open.put(server, new Question(++lastId, addresses, nonces, now.plus(PATIENCE)));
    return new Effect.Ask(server, DialBackMessages.encode(new Request(lastId, probes)), nonces);
  }

  private Finding finding(TraversalCandidate address) {
    return Objects.requireNonNullElseGet(findings.get(address), Finding::new);
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
    CONTACTED,
    /** One before which no filter stands that the world meets. */
    NEAR
  }

  /**
   * Whether who sends from there is on our side of what stands before our outside addresses, or has
   * come back to us by way of it.
   */
  public boolean isNear(InetAddress from) {
    List<InetAddress> outside =
        findings.keySet().stream()
            .map(each -> each.address().getAddress())
            .filter(PortEvidence::isOutside)
            .toList();
    return !outside.isEmpty() && (!PortEvidence.isOutside(from) || outside.contains(from));
  }

  /** A nonce came in at the port of an address of this protocol. */
  public List<Effect> onNonce(Protocol protocol, Nonce nonce, Source source) {
    Question asked =
        open.values().stream().filter(each -> each.nonces.contains(nonce)).findFirst().orElse(null);
    if (asked == null) {
      return List.of();
    }
    TraversalCandidate address = asked.asked.get(asked.nonces.indexOf(nonce));
    Finding finding = findings.get(address);
    if (finding == null || address.protocol() != protocol) {
      return List.of();
    }
    asked.arrived.add(nonce);
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
    Question asked = open.get(server);
    if (asked == null
        || asked.id != told.id()
        || asked.asked.size() != told.statuses().size()
        || asked.report.isPresent()) {
      return List.of();
    }
    asked.report = Optional.of(told);
    asked.filtersOpened = Set.copyOf(opened);
    asked.end = asked.arrived.containsAll(asked.nonces) ? now : now.plus(GRACE);
    return onTimeout(now);
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} for never. */
  public Instant deadline() {
    return open.values().stream()
        .map(each -> each.end)
        .filter(end -> end.isBefore(later))
        .min(Comparator.naturalOrder())
        .orElse(later);
  }

  /** Whose answers are waited for. */
  public Set<PeerId> asked() {
    return Set.copyOf(open.keySet());
  }

  /** What may come of the questions to them. */
  public Set<Nonce> nonces() {
    return open.values().stream()
        .flatMap(each -> each.nonces.stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    if (now.isBefore(deadline())) {
      return List.of();
    }
    List<Effect> effects = new ArrayList<>();
    Iterator<Map.Entry<PeerId, Question>> each = open.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<PeerId, Question> asked = each.next();
      if (!now.isBefore(asked.getValue().end)) {
        each.remove();
        effects.addAll(judge(asked.getKey(), asked.getValue()));
      }
    }
    effects.addAll(ask(now));
    return effects;
  }

  /** What it tells that something did not come. */
  private List<Effect> judge(PeerId server, Question asked) {
    List<Effect> effects = new ArrayList<>();
    for (int i = 0; i < asked.asked.size() && asked.report.isPresent(); i++) {
      TraversalCandidate address = asked.asked.get(i);
      Finding finding = findings.get(address);
      Status status = asked.report.get().statuses().get(i);
      if (finding != null
          && status != Status.REFUSED
          && !asked.arrived.contains(asked.nonces.get(i))) {
        boolean same =
            status == Status.FROM_SAME_ADDRESS && asked.filtersOpened.contains(address.protocol());
        (same ? finding.vainFromSame : finding.vainFromOther).add(server);
        if (finding.vain() >= FAILURES && finding.reachability == Reachability.UNKNOWN) {
          effects.addAll(find(address, finding, Reachability.PUNCHABLE));
        }
      }
    }
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
    Finding finding = finding(address);
    if (finding.reachability == Reachability.PUBLIC) {
      return Filtering.ENDPOINT_INDEPENDENT;
    } else if (finding.fromSame && !finding.vainFromOther.isEmpty()) {
      return Filtering.ADDRESS_DEPENDENT;
    }
    boolean strict =
        !finding.fromSame && !finding.vainFromSame.isEmpty() && finding.vain() >= FAILURES;
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
