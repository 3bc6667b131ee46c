package dev.crust.proto.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.PeerId;
import dev.crust.Reason;
import dev.crust.proto.admission.PeerTable.Effect;
import dev.crust.proto.session.Limits;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which path to a peer counts. */
final class PeerTableTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final Token OLD = new Token(1, 1);
  private static final Token NEW = new Token(2, 2);

  @Test
  void aNewcomerToAFullTableIsNotForgotten() {
    PeerTable<String> table = new PeerTable<>(id(0), new Random(1));
    for (int i = 1; i <= 1100; i++) {
      assertThat(table.onHello("path " + i, id(i), greeting(OLD), Optional.empty(), T0)).hasSize(1);
      assertThat(table.open(id(i))).as("peer %d", i).isPresent();
    }
    assertThat(table.open(id(1))).isPresent();
  }

  @Test
  void aLateAdmitOfAReplacedIncarnationIsRefused() {
    PeerId decider = id(1);
    PeerTable<String> table = new PeerTable<>(id(2), new Random(1));
    table.onHello("old", decider, greeting(OLD), Optional.empty(), T0);
    table.onHello("old and late", decider, greeting(OLD), Optional.empty(), T0);
    assertThat(table.onAdmit("old", decider, new Token(7, 7)))
        .isEqualTo(follow("old", new Token(7, 7)));

    assertThat(table.onHello("new", decider, greeting(NEW), Optional.empty(), T0))
        .isEqualTo(List.of(new Effect.End<>(decider, new Token(7, 7), Reason.PEER_RESTARTED)));
    assertThat(table.onAdmit("new", decider, new Token(8, 8)))
        .isEqualTo(follow("new", new Token(8, 8)));

    assertThat(table.onAdmit("old and late", decider, new Token(9, 9)))
        .isEqualTo(List.of(new Effect.Refuse<>("old and late", Reason.PROTOCOL_VIOLATION)));
    assertThat(table.open(decider)).contains(new Token(8, 8));
  }

  @Test
  void aFurtherPathOfAConnectionThatBothHoldJoinsIt() {
    PeerTable<String> table = new PeerTable<>(id(1), new Random(1));
    Token held = admitted(table);
    assertThat(table.onHello("further", id(2), holding(held, true), Optional.empty(), T0))
        .isEqualTo(List.of(new Effect.Join<>("further", held)));
    assertThat(table.open(id(2))).contains(held);
  }

  @Test
  void theFollowerJoinsWhatTheDeciderSaysBothHold() {
    PeerTable<String> table = new PeerTable<>(id(2), new Random(1));
    Token held = new Token(7, 7);
    table.onHello("first", id(1), greeting(OLD), Optional.empty(), T0);
    table.onAdmit("first", id(1), held);
    assertThat(table.onHello("further", id(1), holding(held, false), Optional.of(held), T0))
        .isEmpty();
    assertThat(table.onAdmit("further", id(1), held))
        .isEqualTo(List.of(new Effect.FollowJoin<>("further", held)));
  }

  @Test
  void aFurtherPathThatThePeerAdmitsBeforeItHearsOfOurCloseBringsNothingBack() {
    PeerTable<String> table = new PeerTable<>(id(2), new Random(1));
    Token held = new Token(7, 7);
    table.onHello("first", id(1), greeting(OLD), Optional.empty(), T0);
    table.onAdmit("first", id(1), held);
    table.onHello("further", id(1), holding(held, false), Optional.empty(), T0);
    assertThat(table.onOver(id(1), held, true, T0)).isEmpty();
    assertThat(table.onAdmit("further", id(1), held))
        .isEqualTo(List.of(new Effect.Refuse<>("further", Reason.CLOSED)));
    assertThat(table.open(id(1))).isEmpty();
  }

  @Test
  void nobodyResumesWhatWeDoNotHold() {
    PeerTable<String> table = new PeerTable<>(id(1), new Random(1));
    assertThat(table.onHello("theirs", id(2), holding(new Token(7, 7), true), Optional.empty(), T0))
        .isEqualTo(List.of(new Effect.Refuse<>("theirs", Reason.CLOSED)));
    assertThat(table.onHello("ours", id(2), greeting(OLD), Optional.of(OLD), T0))
        .isEqualTo(List.of(new Effect.Refuse<>("ours", Reason.CLOSED)));
    assertThat(table.open(id(2))).isEmpty();
  }

  @Test
  void whatThePeerHasClosedIsNotResumed() {
    PeerTable<String> table = new PeerTable<>(id(1), new Random(1));
    Token held = admitted(table);
    assertThat(table.onHello("resuming", id(2), greeting(OLD), Optional.of(held), T0))
        .isEqualTo(
            List.of(
                new Effect.End<>(id(2), held, Reason.CLOSED_BY_PEER),
                new Effect.Refuse<>("resuming", Reason.CLOSED)));
    assertThat(table.open(id(2))).isEmpty();
  }

  @Test
  void aPathThatWasDialledForAnEarlierConnectionDoesNotTouchTheNext() {
    Token earlier = new Token(7, 7);
    PeerTable<String> table = new PeerTable<>(id(1), new Random(1));
    Token held = admitted(table);
    assertThat(table.onHello("ours", id(2), greeting(OLD), Optional.of(earlier), T0))
        .isEqualTo(List.of(new Effect.Refuse<>("ours", Reason.CLOSED)));
    assertThat(table.onHello("theirs", id(2), holding(earlier, true), Optional.empty(), T0))
        .isEqualTo(List.of(new Effect.Refuse<>("theirs", Reason.CLOSED)));
    assertThat(table.open(id(2))).contains(held);
  }

  private static Token admitted(PeerTable<String> table) {
    table.onHello("first", id(2), greeting(OLD), Optional.empty(), T0);
    return table.open(id(2)).orElseThrow();
  }

  private static Greeting holding(Token held, boolean resumes) {
    return new Greeting(
        OLD,
        Optional.of(held),
        resumes,
        Limits.forMessages(1000),
        List.of(),
        Optional.empty(),
        false,
        false,
        false);
  }

  private static List<Effect<String>> follow(String path, Token connection) {
    return List.of(new Effect.Follow<>(path, connection));
  }

  private static Greeting greeting(Token incarnation) {
    return new Greeting(
        incarnation,
        Optional.empty(),
        false,
        Limits.forMessages(1000),
        List.of(),
        Optional.empty(),
        false,
        false,
        false);
  }

  /** The smaller the number, the smaller the id. */
  private static PeerId id(int number) {
    return PeerId.of(ByteBuffer.allocate(PeerId.LENGTH).putInt(number).array());
  }
}
