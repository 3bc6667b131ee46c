package dev.crust.proto.beacon;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.beacon.Message.Announcement;
import dev.crust.proto.beacon.Message.Answer;
import dev.crust.proto.beacon.Message.Presence;
import dev.crust.proto.beacon.Message.Query;
import dev.crust.proto.guard.RateLimit;
import dev.crust.proto.guard.RateLimit.Rate;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What one search says on the LAN, and what it makes of what others say. When is not its part. */
public final class Dialogue {
  /** What follows from a datagram. */
  public sealed interface Effect {
    /** Send this to the asker, from this link. */
    record Reply(Link link, Bytes datagram) implements Effect {}

    /** A peer of this network is here. */
    record Found(CrustAddress address) implements Effect {}
  }

  /** Answers that take longer are late: two round trips on the slowest LAN. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final int MAX_QUESTIONS = 512;
  private static final int MAX_REMEMBERED = 1024;

  // An asker asks three times from each of its addresses; several askers may share a host.
  private final RateLimit answers = new RateLimit(new Rate(16, 4), new Rate(64, 32));
  private final RateLimit finds = new RateLimit(new Rate(256, 64), new Rate(1024, 256));

  private final PeerId self;
  private final NetworkSeal seal;
  private final SecureRandom random;
  private final long instance;
  private final Map<Bytes, Question> questions = atMost(MAX_QUESTIONS);
  private final Map<Bytes, Boolean> heard = atMost(MAX_REMEMBERED);
  private final Map<Discard, Long> discarded = new EnumMap<>(Discard.class);
  private Surroundings here = new Surroundings(List.of(), List.of(), List.of());

  private record Question(OneTimeKey key, Instant asked) {}

  /**
   * The words of one endpoint.
   *
   * @param random for keys and nonces
   */
  public Dialogue(PeerId self, String network, SecureRandom random) {
    this.self = self;
    this.seal = new NetworkSeal(network);
    this.random = random;
    this.instance = random.nextLong();
  }

  /** Where we are now. */
  public void onSurroundings(Surroundings now) {
    here = now;
  }

  /** A fresh question. */
  public Bytes query(Instant now) {
    questions.values().removeIf(question -> expired(question, now));
    OneTimeKey key = OneTimeKey.generate(random);
    Bytes datagram = seal.seal(Codec.encode(new Query(instance, key.publicKey())), random);
    questions.put(NetworkSeal.nonce(datagram), new Question(key, now));
    return datagram;
  }

  /** What tells all on a link who we are; nothing if nobody could reach us there. */
  public Optional<Bytes> announcement(Link link) {
    List<Candidate> candidates = candidatesFor(link, link.address().isLoopbackAddress());
    return candidates.isEmpty()
        ? Optional.empty()
        : Optional.of(seal.seal(Codec.encode(new Announcement(presence(candidates))), random));
  }

  /** A datagram came to the port that all beacons share: a question or an announcement. */
  public Optional<Effect> onShared(Bytes datagram, InetAddress source, Instant now) {
    return open(datagram, source, now, false);
  }

  /** A datagram came to the port from which we asked: an answer. */
  public Optional<Effect> onOwn(Bytes datagram, InetAddress source, Instant now) {
    return open(datagram, source, now, true);
  }

  /** How many datagrams were not acted upon, by reason. Own and repeated ones don't count. */
  public Map<Discard, Long> discarded() {
    return Collections.unmodifiableMap(new EnumMap<>(discarded));
  }

  private Optional<Effect> open(
      Bytes datagram, InetAddress source, Instant now, boolean answerExpected) {
    if (datagram.length() != NetworkSeal.DATAGRAM_LENGTH) {
      return discard(Discard.WRONG_LENGTH);
    }
    Bytes nonce = NetworkSeal.nonce(datagram);
    if (heard.containsKey(nonce)) {
      return Optional.empty(); // by multicast and by broadcast, or over two sockets
    }
    byte[] body;
    try {
      body = seal.open(datagram);
    } catch (MalformedMessageException e) {
      return discard(Discard.NOT_OURS);
    }
    heard.put(nonce, true);
    if (Codec.version(body) != Codec.VERSION) {
      return discard(Discard.OTHER_VERSION);
    }
    try {
      Message message = Codec.decode(body);
      if (message instanceof Answer != answerExpected) {
        return discard(Discard.UNSOLICITED);
      }
      if (message instanceof Query query) {
        return onQuery(query, nonce, source, now);
      }
      if (message instanceof Answer answer) {
        return onAnswer(answer, source, now);
      }
      return onPresence(((Announcement) message).presence(), source, now);
    } catch (MalformedMessageException e) {
      return discard(Discard.MALFORMED);
    }
  }

  private Optional<Effect> onQuery(Query query, Bytes nonce, InetAddress source, Instant now)
      throws MalformedMessageException {
    if (query.instance() == instance) {
      return Optional.empty();
    }
    Optional<Link> link = here.linkTowards(source);
    if (link.isEmpty()) {
      return discard(Discard.OFF_LINK);
    }
    List<Candidate> candidates = candidatesFor(link.get(), here.isOurs(source));
    if (candidates.isEmpty()) {
      return Optional.empty();
    }
    if (!answers.allows(source, now)) {
      return discard(Discard.TOO_MANY);
    }
    OneTimeKey key = OneTimeKey.generate(random);
    byte[] sealed = seal.sealAnswer(key, query, nonce, Codec.encode(presence(candidates)));
    Answer answer = new Answer(nonce, key.publicKey(), Bytes.copyOf(sealed));
    return Optional.of(new Effect.Reply(link.get(), seal.seal(Codec.encode(answer), random)));
  }

  private Optional<Effect> onAnswer(Answer answer, InetAddress source, Instant now)
      throws MalformedMessageException {
    Question question = questions.get(answer.queryNonce());
    if (question == null || expired(question, now)) {
      return discard(Discard.UNSOLICITED);
    }
    if (!finds.allows(source, now)) {
      return discard(Discard.TOO_MANY);
    }
    return found(Codec.decodePresence(seal.openAnswer(question.key(), answer)), source);
  }

  private Optional<Effect> onPresence(Presence presence, InetAddress source, Instant now) {
    if (presence.instance() == instance) {
      return Optional.empty();
    }
    return finds.allows(source, now) ? found(presence, source) : discard(Discard.TOO_MANY);
  }

  private Optional<Effect> found(Presence presence, InetAddress source) {
    List<Candidate> believed = Vetting.vet(presence.candidates(), source, here);
    return presence.peer().equals(self) || believed.isEmpty()
        ? Optional.empty()
        : Optional.of(new Effect.Found(CrustAddress.of(presence.peer(), believed)));
  }

  private Presence presence(List<Candidate> candidates) {
    return new Presence(self, instance, candidates);
  }

  /**
   * A neighbour would believe no more than the link's own address: the others are not its affair.
   */
  private List<Candidate> candidatesFor(Link link, boolean sameHost) {
    Stream<Candidate> own =
        here.candidates().stream()
            .filter(
                candidate -> Surroundings.same(candidate.address().getAddress(), link.address()));
    Stream<Candidate> all = sameHost ? here.candidates().stream() : Stream.empty();
    return Stream.concat(own, all).distinct().limit(CrustAddress.MAX_CANDIDATES).toList();
  }

  private static boolean expired(Question question, Instant now) {
    return now.isAfter(question.asked().plus(PATIENCE));
  }

  private Optional<Effect> discard(Discard reason) {
    discarded.merge(reason, 1L, Long::sum);
    return Optional.empty();
  }

  private static <V> Map<Bytes, V> atMost(int size) {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<Bytes, V> eldest) {
        return size() > size;
      }
    };
  }
}
