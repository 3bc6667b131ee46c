package dev.crust.proto.reachability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.reachability.AddressCheck.Effect;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Protocol;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalCandidate.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** {@link AddressCheck} and {@link DialBack}, against each other. */
class ReachabilityTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final PeerId SELF = peer(1);
  private static final PeerId SERVER = peer(2);
  private static final PeerId OTHER_SERVER = peer(3);
  private static final TraversalCandidate TCP = candidate(Kind.SERVER_REFLEXIVE, Protocol.TCP);
  private static final TraversalCandidate UDP = candidate(Kind.SERVER_REFLEXIVE, Protocol.UDP);
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
    assertThat(check.onServer(OTHER_SERVER, T0)).as("one at a time").isEmpty();
    DialBack.Key key = dials(first, 0).get(0).key();
    byte[] report = reply(dialBack.onDialled(key, DialBack.Source.OTHER_ADDRESS));
    assertThat(check.onReport(OTHER_SERVER, report, at(50))).as("not asked").isEmpty();
    assertThat(check.onReport(SERVER, report, at(50))).isEmpty();
    assertThat(check.deadline()).isEqualTo(at(1050));
    byte[] second = question(check.onTimeout(at(1050)));
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.UNKNOWN);
    key = dials(second, 1050).get(0).key();
    report = reply(dialBack.onDialled(key, DialBack.Source.SAME_ADDRESS));
    check.onReport(OTHER_SERVER, report, at(1100));
    assertThat(check.onTimeout(at(2100)))
        .containsExactly(new Effect.Found(TCP, Reachability.PUNCHABLE));
    assertThat(check.filtering(TCP)).isEqualTo(Filtering.ADDRESS_AND_PORT_DEPENDENT);
    assertThat(check.deadline()).isEqualTo(Instant.MAX);
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
        at(50));
    assertThat(check.reachability(TCP)).isEqualTo(Reachability.UNKNOWN);
    byte[] second = question(check.onServer(OTHER_SERVER, at(60)));
    DialBack.Key key = dials(second, 60).get(0).key();
    check.onReport(
        OTHER_SERVER, reply(dialBack.onDialled(key, DialBack.Source.OTHER_ADDRESS)), at(100));
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
    check.onNetworkChange(T0);
    assertThat(check.reachability(UDP)).isEqualTo(Reachability.UNKNOWN);
  }

  @Test
  void a_server_that_does_not_answer_gives_way_to_the_next() {
    check.onCandidates(List.of(TCP), T0);
    check.onServer(SERVER, T0);
    check.onServer(OTHER_SERVER, T0);
    assertThat(check.onTimeout(at(5000)))
        .singleElement()
        .satisfies(each -> assertThat(((Effect.Ask) each).server()).isEqualTo(OTHER_SERVER));
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
    assertThat(check.onReport(SERVER, reply(effects), at(1))).isEmpty();
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
    assertThatThrownBy(() -> check.onReport(SERVER, new byte[] {1}, T0))
        .isInstanceOf(MalformedMessageException.class);
  }

  /** Nothing that a remote can send throws anything but the checked exception. */
  @FuzzTest(maxDuration = "30s")
  void decode(byte[] bytes) {
    try {
      new DialBack().onRequest(SELF, OUTSIDE, bytes, T0);
    } catch (MalformedMessageException expected) {
      // The same bytes may still be a report.
    }
    AddressCheck fresh = new AddressCheck(new SplittableRandom(1));
    fresh.onCandidates(List.of(TCP), T0);
    fresh.onServer(SERVER, T0);
    try {
      fresh.onReport(SERVER, bytes, T0);
      Nonce.decode(bytes);
    } catch (MalformedMessageException expected) {
      return;
    }
  }
}
