package dev.crust.proto.punch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.Identity;
import dev.crust.PeerId;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.punch.Introduction.Effect;
import dev.crust.proto.punch.Introduction.Why;
import dev.crust.spi.PunchToken;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.Situation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IntroductionTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final Situation ONE = Situations.PORT_RESTRICTED.at(1);
  private static final Situation OTHER = Situations.EIM_RANDOM.at(2);

  private final Identity small;
  private final Identity large;
  private final Introduction a;
  private final Introduction b;

  IntroductionTest() {
    Identity one = Identity.ephemeral();
    Identity other = Identity.ephemeral();
    boolean ordered = one.peerId().compareTo(other.peerId()) < 0;
    small = ordered ? one : other;
    large = ordered ? other : one;
    a = introduction(small, large.peerId());
    b = introduction(large, small.peerId());
  }

  private static Introduction introduction(Identity self, PeerId peer) {
    return new Introduction(self.peerId(), peer, self::sign, new SplittableRandom(1));
  }

  private static Instant at(long millis) {
    return T0.plusMillis(millis);
  }

  private static byte[] signal(List<Effect> effects) {
    return effects.stream()
        .filter(Effect.Send.class::isInstance)
        .map(each -> ((Effect.Send) each).signal())
        .findFirst()
        .orElseThrow();
  }

  private static Round agreed(List<Effect> effects) {
    return effects.stream()
        .filter(Effect.Agreed.class::isInstance)
        .map(each -> ((Effect.Agreed) each).round())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void both_begin_at_once_and_plan_alike() throws Exception {
    byte[] offer = signal(a.offer(ONE, T0));
    assertThat(b.onSignal(offer, at(40))).containsExactly(new Effect.Asked(ONE, 1));
    byte[] answer = signal(b.accept(OTHER, at(140)));
    List<Effect> effects = a.onSignal(answer, at(180));
    Round mine = agreed(effects);
    Round theirs = agreed(b.onSignal(signal(effects), at(220)));

    assertThat(mine.roundTrip())
        .as("without the time it was held")
        .isEqualTo(Duration.ofMillis(80));
    assertThat(mine.start()).isEqualTo(at(220)).isEqualTo(theirs.start());
    assertThat(mine.token()).isEqualTo(theirs.token());
    assertThat(Plan.of(mine)).isEqualTo(Plan.of(theirs));
    assertThat(mine.side()).isEqualTo(Side.CONTROLLING);
    assertThat(theirs.side()).isEqualTo(Side.CONTROLLED);
    assertThat(theirs.own()).isEqualTo(OTHER).isEqualTo(mine.peer());
    assertThat(a.deadline()).isEqualTo(Instant.MAX);
  }

  @Test
  void further_rounds_keep_the_token_whoever_asks() throws Exception {
    PunchToken token = round(a, ONE, b, OTHER, 0).token();
    assertThat(round(b, OTHER, a, ONE, 1000))
        .satisfies(
            again -> {
              assertThat(again.number()).isEqualTo(2);
              assertThat(again.token()).isEqualTo(token);
            });
    assertThat(round(a, ONE, b, OTHER, 2000).number()).isEqualTo(3);
    Round fresh = round(a, ONE, b, OTHER, 3000);
    assertThat(fresh.number()).isEqualTo(1);
    assertThat(fresh.token()).isNotEqualTo(token);
  }

  private static Round round(
      Introduction from, Situation own, Introduction to, Situation peer, long millis)
      throws MalformedMessageException {
    to.onSignal(signal(from.offer(own, at(millis))), at(millis + 10));
    List<Effect> effects = from.onSignal(signal(to.accept(peer, at(millis + 20))), at(millis + 30));
    to.onSignal(signal(effects), at(millis + 40));
    return agreed(effects);
  }

  @Test
  void offers_that_cross_leave_one() throws Exception {
    byte[] mine = signal(a.offer(ONE, T0));
    byte[] theirs = signal(b.offer(OTHER, T0));
    assertThat(a.onSignal(theirs, at(40))).isEmpty();
    assertThat(b.onSignal(mine, at(40))).containsExactly(new Effect.Asked(ONE, 1));
    List<Effect> effects = a.onSignal(signal(b.accept(OTHER, at(40))), at(80));
    assertThat(agreed(b.onSignal(signal(effects), at(120))).token())
        .isEqualTo(agreed(effects).token());
    byte[] again = signal(a.offer(ONE, at(1000)));
    assertThat(b.offer(OTHER, at(1000))).isNotEmpty();
    assertThat(b.onSignal(again, at(1040))).containsExactly(new Effect.Asked(ONE, 2));
  }

  @Test
  void consent_may_be_refused() throws Exception {
    b.onSignal(signal(a.offer(ONE, T0)), at(40));
    assertThat(a.onSignal(signal(b.decline(Why.BUSY)), at(80)))
        .containsExactly(new Effect.Failed(Why.BUSY));
    assertThat(a.deadline()).isEqualTo(Instant.MAX);
  }

  @Test
  void silence_ends_it() {
    a.offer(ONE, T0);
    assertThat(a.onTimeout(at(4999))).isEmpty();
    assertThat(a.onTimeout(at(5000))).containsExactly(new Effect.Failed(Why.TIMEOUT));
    assertThat(a.offer(ONE, at(5001))).isNotEmpty();
  }

  @Test
  void nobody_between_can_alter_or_invent() throws Exception {
    byte[] offer = signal(a.offer(ONE, T0));
    for (int i = 0; i < offer.length; i += 7) {
      byte[] altered = offer.clone();
      altered[i] ^= 1;
      Introduction fresh = introduction(large, small.peerId());
      assertThatThrownBy(() -> fresh.onSignal(altered, at(1)))
          .isInstanceOf(MalformedMessageException.class);
    }
    Identity liar = Identity.ephemeral();
    byte[] invented = signal(introduction(liar, large.peerId()).offer(ONE, T0));
    assertThatThrownBy(() -> b.onSignal(invented, at(1)))
        .isInstanceOf(MalformedMessageException.class);
    Introduction elsewhere = introduction(Identity.ephemeral(), small.peerId());
    assertThatThrownBy(() -> elsewhere.onSignal(offer, at(1)))
        .as("an offer to another")
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void what_is_repeated_or_out_of_turn_is_ignored() throws Exception {
    byte[] offer = signal(a.offer(ONE, T0));
    b.onSignal(offer, at(40));
    byte[] answer = signal(b.accept(OTHER, at(40)));
    assertThat(b.onSignal(offer, at(41))).isEmpty();
    List<Effect> effects = a.onSignal(answer, at(80));
    assertThat(a.onSignal(answer, at(81))).isEmpty();
    b.onSignal(signal(effects), at(120));
    assertThat(b.onSignal(signal(effects), at(121))).isEmpty();
    assertThat(b.onSignal(offer, at(122))).isEmpty();
    assertThat(a.ignored() + b.ignored()).isEqualTo(4);
  }

  @Test
  void a_flood_is_ignored_before_it_costs_anything() throws Exception {
    byte[] offer = signal(a.offer(ONE, T0));
    for (int i = 0; i < 1000; i++) {
      b.onSignal(offer, at(i));
    }
    assertThat(b.onSignal(new byte[] {1, 2, 3}, at(1000))).as("not even read").isEmpty();
    assertThat(b.ignored()).isGreaterThan(980);
  }

  @Test
  void a_claim_of_having_waited_long_does_no_harm() throws Exception {
    b.onSignal(signal(a.offer(ONE, T0)), at(1));
    Round agreement = agreed(a.onSignal(signal(b.accept(OTHER, at(4000))), at(10)));
    assertThat(agreement.roundTrip()).isZero();
    assertThat(agreement.start()).isEqualTo(at(10));
  }

  @Test
  void a_line_of_text_carries_a_signal() throws Exception {
    byte[] offer = signal(a.offer(ONE, T0));
    String text = new SignalText(small.peerId(), large.peerId(), offer).text();
    assertThat(text).startsWith("crust-signal:").matches("[a-z-]+:[A-Za-z0-9_-]+");
    SignalText read = SignalText.parse(" " + text.substring(0, 70) + "\r\n " + text.substring(70));
    assertThat(read.from()).isEqualTo(small.peerId());
    assertThat(read.to()).isEqualTo(large.peerId());
    assertThat(b.onSignal(read.signal(), at(1))).containsExactly(new Effect.Asked(ONE, 1));
    for (String wrong :
        List.of("", "crust://x", "crust-signal:", "crust-signal:AAAA", "crust-signal:!!!!")) {
      assertThatThrownBy(() -> SignalText.parse(wrong))
          .isInstanceOf(MalformedMessageException.class);
    }
  }
}
