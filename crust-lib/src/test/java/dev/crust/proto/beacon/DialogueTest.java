package dev.crust.proto.beacon;

import static dev.crust.proto.beacon.Given.host;
import static dev.crust.proto.beacon.Given.ip;
import static dev.crust.proto.beacon.Given.link;
import static dev.crust.proto.beacon.Given.peer;
import static dev.crust.proto.beacon.Given.tcp;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.proto.beacon.Dialogue.Effect;
import dev.crust.proto.beacon.Dialogue.Effect.Found;
import dev.crust.proto.beacon.Dialogue.Effect.Reply;
import dev.crust.proto.beacon.Message.Announcement;
import dev.crust.proto.beacon.Message.Presence;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two endpoints talk, without a network between them. */
class DialogueTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final String NETWORK = "chess club";

  private final Surroundings aliceHost = host(4001, "192.0.2.1/24", "fe80::1%2/64");
  private final Surroundings bobHost = host(4002, "192.0.2.2/24", "fe80::2%2/64");
  private final InetAddress aliceIp = ip("192.0.2.1");
  private final InetAddress bobIp = ip("192.0.2.2");
  private final Dialogue alice = dialogue(1, aliceHost);
  private final Dialogue bob = dialogue(2, bobHost);

  @Test
  void question_and_answer() {
    Bytes query = alice.query(T0);
    Reply reply = (Reply) bob.onShared(query, aliceIp, T0).orElseThrow();
    assertThat(reply.link()).isEqualTo(link(bobHost, "192.0.2.2"));
    assertThat(reply.datagram().length()).isEqualTo(query.length());
    assertThat(alice.onOwn(reply.datagram(), bobIp, T0)).contains(found(2, tcp("192.0.2.2", 4002)));
    assertThat(alice.discarded()).isEmpty();
    assertThat(bob.discarded()).isEmpty();
  }

  @Test
  void an_announcement() {
    Bytes said = alice.announcement(link(aliceHost, "192.0.2.1")).orElseThrow();
    assertThat(bob.onShared(said, aliceIp, T0)).contains(found(1, tcp("192.0.2.1", 4001)));
    assertThat(bob.onShared(said, aliceIp, T0)).as("heard twice").isEmpty();
  }

  @Test
  void a_link_local_candidate_gets_the_zone_where_it_was_heard() {
    Bytes said = alice.announcement(link(aliceHost, "fe80::1%2")).orElseThrow();
    Found found = (Found) bob.onShared(said, ip("fe80::1%7"), T0).orElseThrow();
    assertThat(found.address().candidates().get(0).address().getAddress().getHostAddress())
        .isEqualTo("fe80:0:0:0:0:0:0:1%7");
  }

  @Test
  void on_one_host_all_addresses_count() {
    Dialogue carol = dialogue(3, host(4003, "192.0.2.1/24", "fe80::1%2/64"));
    Reply reply = (Reply) carol.onShared(alice.query(T0), ip("127.0.0.1"), T0).orElseThrow();
    Found found = (Found) alice.onOwn(reply.datagram(), ip("127.0.0.1"), T0).orElseThrow();
    assertThat(found.address().candidates())
        .containsExactlyInAnyOrder(
            tcp("127.0.0.1", 4003),
            tcp("::1", 4003),
            tcp("192.0.2.1", 4003),
            tcp("fe80::1%2", 4003));
  }

  @Test
  void nobody_makes_others_dial_a_third_party() {
    List<Candidate> claimed =
        List.of(tcp("192.0.2.99", 1), tcp("203.0.113.1", 1), tcp("127.0.0.1", 1));
    assertThat(bob.onShared(announce(9, claimed), ip("192.0.2.66"), T0)).isEmpty();
    List<Candidate> half = List.of(tcp("192.0.2.66", 7), tcp("192.0.2.2", 8));
    assertThat(bob.onShared(announce(9, half), ip("192.0.2.66"), T0))
        .contains(found(9, tcp("192.0.2.66", 7)));
  }

  @Test
  void the_endpoint_does_not_hear_itself() {
    assertThat(alice.onShared(alice.query(T0), aliceIp, T0)).isEmpty();
    Bytes said = alice.announcement(link(aliceHost, "192.0.2.1")).orElseThrow();
    assertThat(alice.onShared(said, aliceIp, T0)).isEmpty();
    assertThat(alice.onShared(announce(1, List.of(tcp("192.0.2.1", 5))), aliceIp, T0))
        .as("another process with our key")
        .isEmpty();
    assertThat(alice.discarded()).isEmpty();
  }

  @Test
  void other_networks_are_noise() {
    Dialogue stranger = new Dialogue(peer(5), "chess", new SecureRandom());
    stranger.onSurroundings(bobHost);
    assertThat(alice.onShared(stranger.query(T0), bobIp, T0)).isEmpty();
    assertThat(alice.discarded()).containsOnlyKeys(Discard.NOT_OURS);
  }

  @Test
  void questions_from_afar_are_not_answered() {
    assertThat(bob.onShared(alice.query(T0), ip("203.0.113.5"), T0)).isEmpty();
    assertThat(bob.discarded()).containsOnlyKeys(Discard.OFF_LINK);
  }

  @Test
  void answers_nobody_asked_for() {
    Reply toAlice = (Reply) bob.onShared(alice.query(T0), aliceIp, T0).orElseThrow();
    Dialogue carol = dialogue(3, host(4003, "192.0.2.3/24"));
    assertThat(carol.onOwn(toAlice.datagram(), bobIp, T0)).isEmpty();
    assertThat(carol.discarded()).containsOnlyKeys(Discard.UNSOLICITED);
    assertThat(alice.onShared(toAlice.datagram(), bobIp, T0)).as("at the wrong port").isEmpty();
    assertThat(alice.discarded()).containsOnlyKeys(Discard.UNSOLICITED);
  }

  @Test
  void late_answers() {
    Reply reply = (Reply) bob.onShared(alice.query(T0), aliceIp, T0).orElseThrow();
    Instant late = T0.plus(Dialogue.PATIENCE).plusMillis(1);
    assertThat(alice.onOwn(reply.datagram(), bobIp, late)).isEmpty();
    assertThat(alice.discarded()).containsOnlyKeys(Discard.UNSOLICITED);
  }

  @Test
  void answers_are_rationed_by_source_and_in_all() {
    List<Bytes> queries = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      queries.add(alice.query(T0));
    }
    assertThat(queries.stream().filter(q -> bob.onShared(q, aliceIp, T0).isPresent())).hasSize(16);
    int answered = 0;
    for (int i = 0; i < 200; i++) {
      answered += bob.onShared(alice.query(T0), ip("192.0.2." + (3 + i)), T0).isPresent() ? 1 : 0;
    }
    assertThat(answered).isEqualTo(64 - 16);
    assertThat(bob.discarded()).containsEntry(Discard.TOO_MANY, 200L - 16 + 200 - 48);
    assertThat(bob.onShared(alice.query(T0), aliceIp, T0.plusSeconds(1))).isPresent();
  }

  @Test
  void garbage_is_counted_by_kind() {
    NetworkSeal seal = new NetworkSeal(NETWORK);
    SecureRandom random = new SecureRandom();
    hear(Bytes.copyOf(new byte[511]));
    hear(Bytes.copyOf(new byte[0]));
    hear(Bytes.copyOf(new byte[1500]));
    hear(Bytes.copyOf(new byte[512]));
    hear(seal.seal(new byte[] {2, 1}, random));
    hear(seal.seal(new byte[] {1, 9}, random));
    hear(seal.seal(new byte[] {1, 1}, random)); // a question with the key 0
    assertThat(bob.discarded())
        .containsEntry(Discard.WRONG_LENGTH, 3L)
        .containsEntry(Discard.NOT_OURS, 1L)
        .containsEntry(Discard.OTHER_VERSION, 1L)
        .containsEntry(Discard.MALFORMED, 2L);
  }

  @Test
  void who_listens_nowhere_on_a_link_does_not_announce_there() {
    Surroundings here =
        Surroundings.of(
            List.of(Given.ethernet("eth0", 2, "192.0.2.1/24", "2001:db8::1/64")),
            List.of(tcp("192.0.2.1", 4001)));
    alice.onSurroundings(here);
    assertThat(alice.announcement(link(here, "2001:db8::1"))).isEmpty();
    assertThat(alice.announcement(link(here, "192.0.2.1"))).isPresent();
  }

  @Test
  void no_datagram_shows_a_peer_or_the_network() {
    Bytes query = alice.query(T0);
    Reply reply = (Reply) bob.onShared(query, aliceIp, T0).orElseThrow();
    Bytes said = bob.announcement(link(bobHost, "192.0.2.2")).orElseThrow();
    for (Bytes datagram : List.of(query, reply.datagram(), said)) {
      String seen = new String(datagram.toArray(), ISO_8859_1);
      assertThat(seen)
          .doesNotContain(new String(peer(1).bytes(), ISO_8859_1))
          .doesNotContain(new String(peer(2).bytes(), ISO_8859_1))
          .doesNotContain(NETWORK)
          .hasSize(NetworkSeal.DATAGRAM_LENGTH);
    }
  }

  private void hear(Bytes datagram) {
    assertThat(bob.onShared(datagram, aliceIp, T0)).isEmpty();
  }

  private static Dialogue dialogue(int number, Surroundings where) {
    Dialogue dialogue = new Dialogue(peer(number), NETWORK, Given.seeded(number));
    dialogue.onSurroundings(where);
    return dialogue;
  }

  private static Effect found(int number, Candidate... candidates) {
    return new Found(CrustAddress.of(peer(number), List.of(candidates)));
  }

  /** An announcement by somebody who lies. */
  private static Bytes announce(int number, List<Candidate> candidates) {
    Presence presence = new Presence(peer(number), 99, candidates);
    return new NetworkSeal(NETWORK)
        .seal(Codec.encode(new Announcement(presence)), new SecureRandom());
  }
}
