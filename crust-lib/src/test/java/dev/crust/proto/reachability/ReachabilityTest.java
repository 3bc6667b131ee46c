package dev.crust.proto.reachability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.reachability.AddressCheck.Effect;
import dev.crust.proto.reachability.DialBack.Refusal;
import dev.crust.proto.reachability.DialBackMessages.Probe;
import dev.crust.proto.reachability.DialBackMessages.Request;
import dev.crust.proto.reachability.DialBackMessages.Status;
import dev.crust.proto.wire.ReachabilityRequest;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Protocol;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@link AddressCheck} and {@link DialBack}, against each other. */
class ReachabilityTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final PeerId SELF = peer(1);
  private static final PeerId SERVER = peer(2);
  private static final PeerId OTHER_SERVER = peer(3);
  private static final TraversalCandidate TCP = candidate(Kind.SERVER_REFLEXIVE, Protocol.TCP);
  private static final TraversalCandidate UDP = candidate(Kind.SERVER_REFLEXIVE, Protocol.UDP);
  private static final Set<Protocol> BOTH = EnumSet.allOf(Protocol.class);
  private static final InetAddress OUTSIDE = TCP.address().getAddress();
  private static final InetAddress ELSEWHERE = new InetSocketAddress("203.0.113.7", 1).getAddress();

  private final AddressCheck check = new AddressCheck(new SplittableRandom(1));
  private final DialBack dialBack = new DialBack();

  private static PeerId peer(int number) {
    byte[] key = new byte[PeerId.LENGTH];
    key[0] = (byte) number;
    return PeerId.of(key);
  }

  private static TraversalCandidate candidate(Kind kind, Protocol protocol) {
    return new TraversalCandidate(kind, protocol, new InetSocketAddress("198.51.100.1", 4001));
  }

  private static Instant at(long millis) {
    return T0.plusMillis(millis);
  }

  private static byte[] question(List<Effect> effects) {
    return effects.stream()
        .filter(Effect.Ask.class::isInstance)
        .map(each -> ((Effect.Ask) each).body())
        .findFirst()
        .orElseThrow();
  }

  private static byte[] reply(List<DialBack.Effect> effects) {
    return ((DialBack.Effect.Reply) effects.get(effects.size() - 1)).body();
  }

  private List<DialBack.Effect.Dial> dials(byte[] question, long millis) throws Exception {
    return dialBack.onRequest(SELF, OUTSIDE, question, at(millis)).stream()
        .map(DialBack.Effect.Dial.class::cast)
        .toList();
  }

  @Test
  void a_nonce_from_a_strange_address_proves_it_at_once() throws Exception {
    check.onCandidates(List.of(TCP, UDP), T0);
    List<DialBack.Effect.Dial> dials = dials(question(check.onServer(SERVER, T0)), 0);
    assertThat(dials)
        .extracting(DialBack.Effect.Dial::protocol)
        .containsExactly(Protocol.TCP, Protocol.UDP);
    Nonce sent = Nonce.decode(dials.get(0).nonce().encode());
    assertThat(check.onNonce(Protocol.TCP, sent, AddressCheck.Source.STRANGE))
        .containsExactly(new Effect.Found(TCP, Reachability.PUBLIC));
    assertThat(check.filtering(TCP)).isEqualTo(Filtering.ENDPOINT_INDEPENDENT);
    assertThat(check.onNonce(Protocol.UDP, sent, AddressCheck.Source.STRANGE)).isEmpty();
    assertThat(check.onNonce(Protocol.TCP, new Nonce(7), AddressCheck.Source.STRANGE)).isEmpty();
    assertThat(check.reachability(UDP)).isEqualTo(Reachability.UNKNOWN);
  }

  @Test
  void silence_is_believed_when_two_peers_have_tried() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    byte[] first = question(check.onServer(SERVER, T0));
    byte[] second = question(check.onServer(OTHER_SERVER, at(10)));
    assertThat(check.onServer(peer(4), at(10))).as("two at a time").isEmpty();
    assertThat(check.asked()).containsExactlyInAnyOrder(SERVER, OTHER_SERVER);
    DialBack.Key key = dials(first, 0).get(0).key();
    byte[] report = reply(dialBack.onDialled(key, DialBack.Source.OTHER_ADDRESS));
    assertThat(check.onReport(OTHER_SERVER, report, BOTH, at(900))).as("not asked").isEmpty();
    assertThat(check.onReport(SERVER, report, BOTH, at(900))).isEmpty();
    assertThat(check.onReport(SERVER, report, BOTH, at(901))).as("said once").isEmpty();
    assertThat(check.deadline()).isEqualTo(at(1400));
    key = dials(second, 10).get(0).key();
    report = reply(dialBack.onDialled(key, DialBack.Source.SAME_ADDRESS));
    check.onReport(OTHER_SERVER, report, BOTH, at(910));
    check.onServerGone(peer(4), at(920));
    assertThat(check.onTimeout(at(1400))).isEmpty();
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.UNKNOWN);
    assertThat(check.onTimeout(at(1410)))
        .containsExactly(new Effect.Found(TCP, Reachability.PUNCHABLE));
    assertThat(check.filtering(TCP)).isEqualTo(Filtering.ADDRESS_AND_PORT_DEPENDENT);
    assertThat(check.deadline()).isEqualTo(Instant.MAX);
    assertThat(check.asked()).isEmpty();
    assertThat(check.nonces()).isEmpty();
  }

  /** It may come back, or be asked again about what has become of our addresses. */
  @Test
  void one_peer_is_one_voice_however_often_it_is_asked() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    for (int i = 0; i < 4; i++) {
      int time = 10_000 * i;
      byte[] question = question(check.onServer(SERVER, at(time)));
      DialBack.Key key = dials(question, time).get(0).key();
      byte[] report = reply(dialBack.onDialled(key, DialBack.Source.SAME_ADDRESS));
      check.onReport(SERVER, report, i % 2 == 0 ? BOTH : Set.of(), at(time));
      assertThat(check.onTimeout(at(time + 500))).isEmpty();
      check.onServerGone(SERVER, at(time + 1000));
    }
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.UNKNOWN);
    assertThat(check.filtering(TCP)).isEqualTo(Filtering.UNKNOWN);
  }

  /** Through a NAT that leads back in, and from a neighbour, no filter is met that others meet. */
  @Test
  void who_is_on_our_side_proves_nothing() throws Exception {
    InetAddress neighbour = new InetSocketAddress("192.168.1.5", 1).getAddress();
    assertThat(check.isNear(neighbour)).as("where nothing is outside").isFalse();
    check.onCandidates(List.of(TCP), T0);
    assertThat(check.isNear(neighbour)).isTrue();
    assertThat(check.isNear(OUTSIDE)).isTrue();
    assertThat(check.isNear(ELSEWHERE)).isFalse();
    List<DialBack.Effect.Dial> dials = dials(question(check.onServer(SERVER, T0)), 0);
    check.onNonce(Protocol.TCP, dials.get(0).nonce(), AddressCheck.Source.NEAR);
    DialBack.Key key = dials.get(0).key();
    byte[] report = reply(dialBack.onDialled(key, DialBack.Source.OTHER_ADDRESS));
    assertThat(check.onReport(SERVER, report, BOTH, at(50))).isEmpty();
    byte[] second = question(check.onServer(OTHER_SERVER, at(60)));
    key = dials(second, 60).get(0).key();
    report = reply(dialBack.onDialled(key, DialBack.Source.OTHER_ADDRESS));
    check.onReport(OTHER_SERVER, report, BOTH, at(100));
    check.onTimeout(at(600));
    assertThat(check.reachability(TCP)).as("one was silent").isEqualTo(Reachability.UNKNOWN);
    assertThat(check.filtering(TCP)).isEqualTo(Filtering.UNKNOWN);
  }

  @Test
  void of_many_addresses_each_has_its_turn() {
    List<TraversalCandidate> many =
        IntStream.range(0, 12)
            .mapToObj(i -> new InetSocketAddress("2001:db8::" + (i + 1), 4001))
            .map(each -> new TraversalCandidate(Kind.HOST, Protocol.TCP, each))
            .toList();
    check.onCandidates(many, T0);
    assertThat(asks(check.onServer(SERVER, T0))).containsExactly(8);
    check.onRefused(SERVER, T0);
    Effect.Ask second = (Effect.Ask) check.onServer(OTHER_SERVER, T0).get(0);
    assertThat(second.nonces()).hasSize(8);
    many.subList(8, 12).stream()
        .map(each -> each.address().getAddress().getAddress())
        .forEach(ip -> assertThat(second.body()).containsSequence(ip));
  }

  private static List<Integer> asks(List<Effect> effects) {
    return effects.stream().map(each -> ((Effect.Ask) each).nonces().size()).toList();
  }

  @Test
  void a_nonce_from_a_contacted_address_tells_of_the_filter_alone() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    List<DialBack.Effect.Dial> dials = dials(question(check.onServer(SERVER, T0)), 0);
    assertThat(check.onNonce(Protocol.TCP, dials.get(0).nonce(), AddressCheck.Source.CONTACTED))
        .isEmpty();
    check.onReport(
        SERVER,
        reply(dialBack.onDialled(dials.get(0).key(), DialBack.Source.SAME_ADDRESS)),
        BOTH,
        at(50));
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.UNKNOWN);
    byte[] second = question(check.onServer(OTHER_SERVER, at(60)));
    DialBack.Key key = dials(second, 60).get(0).key();
    check.onReport(
        OTHER_SERVER, reply(dialBack.onDialled(key, DialBack.Source.OTHER_ADDRESS)), BOTH, at(100));
    check.onTimeout(at(1100));
    assertThat(check.filtering(TCP)).isEqualTo(Filtering.ADDRESS_DEPENDENT);
  }

  @Test
  void a_stranger_from_another_network_proves_it_too() {
    check.onCandidates(List.of(TCP), T0);
    assertThat(check.onStranger(TCP, new InetSocketAddress("192.168.1.5", 1).getAddress()))
        .isEmpty();
    assertThat(check.onStranger(TCP, ELSEWHERE))
        .containsExactly(new Effect.Found(TCP, Reachability.PUBLIC));
    assertThat(check.onStranger(TCP, ELSEWHERE)).as("told once").isEmpty();
    assertThat(check.onServer(SERVER, T0)).as("nothing left to ask").isEmpty();
  }

  @Test
  void blocked_is_known_without_asking_and_forgotten_with_the_network() {
    check.onCandidates(List.of(TCP, UDP), T0);
    assertThat(check.onBlocked(Protocol.UDP))
        .containsExactly(new Effect.Found(UDP, Reachability.BLOCKED));
    check.onNetworkChange(List.of(TCP, UDP), T0);
    assertThat(check.reachability(UDP)).isEqualTo(Reachability.UNKNOWN);
  }

  @Test
  void a_server_that_does_not_answer_gives_way_to_the_next() {
    check.onCandidates(List.of(TCP), T0);
    check.onServer(SERVER, T0);
    check.onServer(OTHER_SERVER, T0);
    check.onServer(peer(4), T0);
    check.onServer(peer(5), T0);
    assertThat(check.onTimeout(at(4999))).isEmpty();
    assertThat(check.onTimeout(at(5000)))
        .extracting(each -> ((Effect.Ask) each).server())
        .containsExactly(peer(4), peer(5));
    assertThat(check.onTimeout(at(10_000))).isEmpty();
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.UNKNOWN);
  }

  @Test
  void nobody_is_dialled_on_anybodys_word() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    byte[] question = question(check.onServer(SERVER, T0));
    List<DialBack.Effect> effects = dialBack.onRequest(SELF, ELSEWHERE, question, T0);
    assertThat(effects).singleElement().isInstanceOf(DialBack.Effect.Reply.class);
    assertThat(reply(effects).length).isLessThanOrEqualTo(question.length);
    assertThat(check.onReport(SERVER, reply(effects), BOTH, at(1))).isEmpty();
  }

  @Test
  void a_server_dials_a_few_times_and_answers_in_time() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    byte[] question = question(check.onServer(SERVER, T0));
    int dials = 0;
    for (int i = 0; i < 100; i++) {
      dials +=
          dialBack.onRequest(SELF, OUTSIDE, question, at(i)).get(0) instanceof DialBack.Effect.Dial
              ? 1
              : 0;
    }
    assertThat(dials).isEqualTo(8);
    assertThat(dialBack.deadline()).isEqualTo(at(3000));
    assertThat(dialBack.onTimeout(T0.plus(Duration.ofSeconds(4)))).hasSize(8);
    assertThat(dialBack.deadline()).isEqualTo(Instant.MAX);
    assertThat(dialBack.onDialled(new DialBack.Key(1, 0), DialBack.Source.SAME_ADDRESS)).isEmpty();
  }

  @Test
  void a_crowd_of_askers_is_bounded() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    byte[] question = question(check.onServer(SERVER, T0));
    int dials = 0;
    for (int i = 0; i < 200; i++) {
      InetAddress from = new InetSocketAddress("198.51.100.1", 1).getAddress();
      dials +=
          dialBack.onRequest(peer(i % 100 + 10), from, question, at(0)).get(0)
                  instanceof DialBack.Effect.Dial
              ? 1
              : 0;
    }
    assertThat(dials).as("one address").isEqualTo(8);
  }

  @Test
  void what_is_not_well_formed_is_refused() {
    for (byte[] wrong : List.of(new byte[] {1}, new byte[] {0x12, 0x00})) {
      assertThatThrownBy(() -> dialBack.onRequest(SELF, OUTSIDE, wrong, T0))
          .isInstanceOf(MalformedMessageException.class);
    }
    assertThatThrownBy(() -> Nonce.decode(new byte[9]))
        .isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(() -> check.onReport(SERVER, new byte[] {1}, BOTH, T0))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void one_peers_word_is_too_thin() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    byte[] question = question(check.onServer(SERVER, T0));
    byte[] report =
        reply(dialBack.onDialled(dials(question, 0).get(0).key(), DialBack.Source.SAME_ADDRESS));
    check.onReport(SERVER, report, BOTH, at(50));
    assertThat(check.onTimeout(at(550))).isEmpty();
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.UNKNOWN);
    assertThat(check.filtering(TCP)).isEqualTo(Filtering.UNKNOWN);
  }

  @Test
  void the_same_address_tells_little_if_our_port_has_not_sent_there() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    int time = 0;
    for (PeerId server : List.of(SERVER, OTHER_SERVER)) {
      byte[] question = question(check.onServer(server, at(time)));
      DialBack.Key key = dials(question, time).get(0).key();
      byte[] report = reply(dialBack.onDialled(key, DialBack.Source.SAME_ADDRESS));
      check.onReport(server, report, EnumSet.of(Protocol.UDP), at(time));
      time += 500;
      check.onTimeout(at(time));
    }
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.PUNCHABLE);
    assertThat(check.filtering(TCP)).as("by address, or by port, too").isEqualTo(Filtering.UNKNOWN);
  }

  @Test
  void the_best_of_several_addresses_counts() {
    TraversalCandidate second =
        new TraversalCandidate(Kind.HOST, Protocol.TCP, new InetSocketAddress("2001:db8::1", 4001));
    check.onCandidates(List.of(TCP, second), T0);
    assertThat(check.reachability(List.of(TCP, second))).isEqualTo(Reachability.UNKNOWN);
    assertThat(check.filtering(List.of())).isEqualTo(Filtering.UNKNOWN);
    check.onStranger(second, ELSEWHERE);
    assertThat(check.reachability(List.of(TCP, second))).isEqualTo(Reachability.PUBLIC);
    assertThat(check.filtering(List.of(TCP, second))).isEqualTo(Filtering.ENDPOINT_INDEPENDENT);
  }

  @Test
  void a_server_that_refuses_gives_way_at_once_and_tells_nothing() {
    check.onCandidates(List.of(TCP), T0);
    check.onServer(SERVER, T0);
    check.onServer(OTHER_SERVER, T0);
    check.onServer(peer(4), T0);
    assertThat(check.onRefused(SERVER, at(10)))
        .singleElement()
        .satisfies(each -> assertThat(((Effect.Ask) each).server()).isEqualTo(peer(4)));
    assertThat(check.onRefused(SERVER, at(20))).as("it is not its turn").isEmpty();
    assertThat(check.onServerGone(OTHER_SERVER, at(30))).isEmpty();
    assertThat(check.onServerGone(peer(4), at(40))).isEmpty();
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.UNKNOWN);
  }

  @Test
  void what_stays_unknown_is_asked_again_after_a_while() {
    check.onCandidates(List.of(TCP), T0);
    check.onServer(SERVER, T0);
    assertThat(check.onRefused(SERVER, T0)).isEmpty();
    assertThat(check.deadline()).isEqualTo(at(900_000));
    assertThat(check.onTimeout(at(899_999))).isEmpty();
    assertThat(check.onTimeout(at(900_000))).hasSize(1);
    check.onServerGone(SERVER, at(900_001));
    assertThat(check.deadline()).as("nobody to ask").isEqualTo(Instant.MAX);
  }

  /** A NAT that maps for each destination anew shows new addresses all the time. */
  @Test
  void questions_are_few_however_often_the_addresses_change() {
    check.onServer(SERVER, T0);
    int asked = 0;
    for (int second = 0; second < 1000; second++) {
      InetSocketAddress moved = new InetSocketAddress("198.51.100.1", 10_000 + second);
      TraversalCandidate fresh = new TraversalCandidate(Kind.SERVER_REFLEXIVE, Protocol.UDP, moved);
      asked += check.onCandidates(List.of(fresh), at(1000L * second)).size();
      asked += check.onRefused(SERVER, at(1000L * second)).size();
    }
    assertThat(asked).as("in less than 17 minutes").isEqualTo(4 * 8);
  }

  @Test
  void who_asks_too_often_waits_and_asks_again() {
    check.onServer(SERVER, T0);
    for (int i = 0; i < 8; i++) {
      assertThat(check.onNetworkChange(List.of(TCP), at(i))).hasSize(1);
      check.onRefused(SERVER, at(i));
    }
    assertThat(check.onNetworkChange(List.of(TCP), at(8))).isEmpty();
    assertThat(check.deadline()).isEqualTo(at(300_000));
    assertThat(check.onTimeout(at(299_999))).isEmpty();
    assertThat(check.onTimeout(at(300_000))).hasSize(1);
  }

  @Test
  void a_dial_back_costs_the_asker_more_than_it_can_bring_about() throws Exception {
    check.onCandidates(List.of(TCP, UDP), T0);
    byte[] question = question(check.onServer(SERVER, T0));
    assertThat(question.length).isBetween(800, 900);
    ReachabilityRequest cheap =
        ReachabilityRequest.parseFrom(question).toBuilder()
            .setPadding(ByteString.copyFrom(new byte[400]))
            .build();
    assertThat(dialBack.onRequest(SELF, OUTSIDE, cheap.toByteArray(), T0)).hasSize(1);
    byte[] free = cheap.toBuilder().clearPadding().build().toByteArray();
    assertThat(dialBack.onRequest(SELF, OUTSIDE, free, T0))
        .singleElement()
        .isInstanceOf(DialBack.Effect.Reply.class);
    assertThat(dialBack.refused()).containsExactly(entry(Refusal.UNPAID, 3L));
  }

  @Test
  void all_askers_together_are_bounded_and_counted() throws Exception {
    int dials = 0;
    for (int i = 0; i < 1000; i++) {
      InetSocketAddress home = new InetSocketAddress("10.0.%d.%d".formatted(i / 250, i % 250), 1);
      Probe probe = new Probe(Optional.of(Protocol.TCP), home, new Nonce(1));
      byte[] question = DialBackMessages.encode(new Request(1, List.of(probe)));
      DialBack.Effect first =
          dialBack.onRequest(peer(i % 100 + 10), home.getAddress(), question, T0).get(0);
      if (first instanceof DialBack.Effect.Dial dial) {
        dials++;
        dialBack.onDialled(dial.key(), DialBack.Source.SAME_ADDRESS);
      }
    }
    assertThat(dials).isEqualTo(64);
    assertThat(dialBack.refused()).containsExactly(entry(Refusal.TOO_OFTEN, 936L));
  }

  @Test
  void what_cannot_be_sent_counts_as_not_tried() throws Exception {
    check.onCandidates(List.of(TCP), T0);
    byte[] question = question(check.onServer(SERVER, T0));
    DialBack.Key key = dials(question, 0).get(0).key();
    byte[] report = reply(dialBack.onNotDialled(key));
    assertThat(DialBackMessages.report(report).statuses()).containsExactly(Status.REFUSED);
    assertThat(dialBack.onDialled(key, DialBack.Source.SAME_ADDRESS)).as("too late").isEmpty();
  }

  @Test
  void a_message_comes_in_whatever_pieces() throws Exception {
    check.onCandidates(List.of(TCP, UDP), T0);
    byte[] question = question(check.onServer(SERVER, T0));
    ByteBuffer bytes = DialBackStream.encode(question);
    DialBackStream reader = new DialBackStream();
    while (bytes.remaining() > 1) {
      assertThat(reader.read(bytes.slice(bytes.position(), 1))).isEmpty();
      bytes.get();
    }
    assertThat(reader.read(bytes)).contains(question);
    for (byte[] tooLong : List.of(new byte[] {-1, -1}, new byte[] {-1, 127})) {
      assertThatThrownBy(() -> new DialBackStream().read(ByteBuffer.wrap(tooLong)))
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  /** Nothing that a remote can send throws anything but the checked exception. */
  @FuzzTest(maxDuration = "30s")
  void decode(byte[] bytes) {
    try {
      new DialBackStream()
          .read(ByteBuffer.wrap(bytes))
          .ifPresent(read -> assertThat(read.length).isLessThan(bytes.length));
    } catch (MalformedMessageException expected) {
      // The same bytes may still be a message.
    }
    try {
      new DialBack().onRequest(SELF, OUTSIDE, bytes, T0);
    } catch (MalformedMessageException expected) {
      // The same bytes may still be a report.
    }
    AddressCheck fresh = new AddressCheck(new SplittableRandom(1));
    fresh.onCandidates(List.of(TCP), T0);
    fresh.onServer(SERVER, T0);
    try {
      fresh.onReport(SERVER, bytes, BOTH, T0);
      Nonce.decode(bytes);
    } catch (MalformedMessageException expected) {
      return;
    }
  }
}
