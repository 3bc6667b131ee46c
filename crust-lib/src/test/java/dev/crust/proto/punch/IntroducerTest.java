package dev.crust.proto.punch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Carried.Refusal;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IntroducerTest {
  private static final PeerId SELF = peer(1);
  private static final PeerId ALICE = peer(2);
  private static final PeerId BOB = peer(3);
  private static final Instant T0 = Instant.EPOCH;
  private static final InetAddress OUTSIDE = InetAddress.getLoopbackAddress();

  private final Introducer introducer = new Introducer(SELF);

  private static PeerId peer(int number) {
    byte[] key = new byte[PeerId.LENGTH];
    key[0] = (byte) number;
    key[1] = (byte) (number >> 8);
    return PeerId.of(key);
  }

  private Introducer.Effect carry(PeerId from, PeerId to, int length, Instant now)
      throws MalformedMessageException {
    byte[] body = Carried.ask(to, new byte[length]);
    Introducer.Effect effect =
        introducer.onIntroduce(
            from, body, Optional.of(OUTSIDE), Set.of(SELF, ALICE, BOB)::contains, now);
    if (effect instanceof Introducer.Effect.Refuse refuse) {
      assertThat(refuse.body().length)
          .as("no answer larger than the question")
          .isLessThanOrEqualTo(body.length);
    }
    return effect;
  }

  private static Refusal refusal(Introducer.Effect effect) throws MalformedMessageException {
    Introducer.Effect.Refuse refuse = (Introducer.Effect.Refuse) effect;
    assertThat(Carried.read(refuse.body())).isInstanceOf(Carried.Refused.class);
    return refuse.why();
  }

  @Test
  void carries_and_tells_where_it_sees_the_sender() throws Exception {
    var forward = (Introducer.Effect.Forward) carry(ALICE, BOB, 100, T0);
    assertThat(forward.to()).isEqualTo(BOB);
    var carried = (Carried.FromPeer) Carried.read(forward.body());
    assertThat(carried.from()).isEqualTo(ALICE);
    assertThat(carried.signal()).hasSize(100);
    assertThat(carried.observed()).contains(OUTSIDE);
  }

  @Test
  void refuses_with_a_reason() throws Exception {
    assertThat(refusal(carry(ALICE, peer(9), 100, T0))).isEqualTo(Refusal.NOT_CONNECTED);
    assertThat(refusal(carry(ALICE, SELF, 100, T0))).isEqualTo(Refusal.SELF);
    assertThat(refusal(carry(ALICE, ALICE, 100, T0))).isEqualTo(Refusal.SELF);
    assertThat(refusal(carry(ALICE, BOB, 2049, T0))).isEqualTo(Refusal.TOO_LARGE);
    assertThatThrownBy(
            () -> introducer.onIntroduce(ALICE, new byte[] {1}, Optional.empty(), id -> true, T0))
        .isInstanceOf(MalformedMessageException.class);
    assertThatThrownBy(
            () -> introducer.onIntroduce(ALICE, new byte[] {}, Optional.empty(), id -> true, T0))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void a_sender_has_sixteen_at_once_and_four_a_second() throws Exception {
    for (int i = 0; i < 16; i++) {
      assertThat(carry(ALICE, BOB, 10, T0)).isInstanceOf(Introducer.Effect.Forward.class);
    }
    assertThat(refusal(carry(ALICE, BOB, 10, T0))).isEqualTo(Refusal.TOO_MANY);
    assertThat(carry(BOB, ALICE, 10, T0)).isInstanceOf(Introducer.Effect.Forward.class);
    assertThat(carry(ALICE, BOB, 10, T0.plusMillis(250)))
        .isInstanceOf(Introducer.Effect.Forward.class);
  }

  @Test
  void many_senders_flood_no_receiver() throws Exception {
    int carried = 0;
    for (int i = 0; i < 1000; i++) {
      carried += carry(peer(100 + i), BOB, 10, T0) instanceof Introducer.Effect.Forward ? 1 : 0;
    }
    assertThat(carried).isEqualTo(64);
  }
}
