package dev.crust.proto.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.stun.StunAttribute.ErrorCode;
import dev.crust.proto.stun.StunAttribute.Opaque;
import dev.crust.proto.stun.StunAttribute.XorMappedAddress;
import dev.crust.proto.stun.StunTransaction.Effect;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StunTransactionTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final StunMessage REQUEST =
      StunMessage.bindingRequest(TransactionId.random(new Random(1)));
  private static final StunMessage RESPONSE =
      REQUEST.response(
          StunClass.SUCCESS,
          List.of(new XorMappedAddress(new InetSocketAddress("192.0.2.1", 1234))));

  @Test
  void is_sent_and_given_up_at_the_times_of_the_rfc() {
    StunTransaction transaction = new StunTransaction(REQUEST, Retransmission.STANDARD, T0);
    List<Long> sent = new ArrayList<>();
    Instant now = transaction.deadline();
    while (transaction.onTimeout(now).equals(List.of(new Effect.Send(REQUEST)))) {
      sent.add(now.toEpochMilli());
      now = transaction.deadline();
    }
    assertThat(sent).containsExactly(0L, 500L, 1500L, 3500L, 7500L, 15500L, 31500L);
    assertThat(now).isEqualTo(T0.plusMillis(39_500));
    assertThat(transaction.ended()).isTrue();
    assertThat(transaction.onMessage(RESPONSE)).isEmpty();
  }

  @Test
  void is_sent_once_over_tcp() {
    StunTransaction transaction = new StunTransaction(REQUEST, Retransmission.RELIABLE, T0);
    assertThat(transaction.onTimeout(T0)).containsExactly(new Effect.Send(REQUEST));
    assertThat(transaction.onTimeout(T0.plusMillis(39_499))).isEmpty();
    assertThat(transaction.onTimeout(T0.plusMillis(39_500))).containsExactly(new Effect.TimedOut());
  }

  @Test
  void ends_with_its_response_and_no_other() {
    StunTransaction transaction = new StunTransaction(REQUEST, Retransmission.STANDARD, T0);
    assertThat(transaction.onTimeout(T0)).hasSize(1);
    StunMessage stranger = StunMessage.bindingRequest(TransactionId.random(new Random(2)));
    assertThat(transaction.onMessage(stranger.response(StunClass.SUCCESS, List.of()))).isEmpty();
    assertThat(transaction.onMessage(REQUEST)).isEmpty();
    assertThat(transaction.onMessage(RESPONSE)).containsExactly(new Effect.Answered(RESPONSE));
    assertThat(transaction.onMessage(RESPONSE)).isEmpty();
    assertThat(transaction.deadline()).isEqualTo(Instant.MAX);
  }

  @Test
  void a_refusal_ends_it() {
    ErrorCode error = new ErrorCode(420, "Unknown Attribute");
    StunMessage refusal = REQUEST.response(StunClass.ERROR, List.of(error));
    StunTransaction transaction = new StunTransaction(REQUEST, Retransmission.STANDARD, T0);
    assertThat(transaction.onMessage(refusal))
        .containsExactly(new Effect.Refused(refusal, Optional.of(error)));
  }

  @Test
  void a_response_that_must_be_understood_and_is_not_ends_it() {
    StunMessage strange =
        REQUEST.response(StunClass.SUCCESS, List.of(new Opaque(0x7777, new byte[4])));
    StunTransaction transaction = new StunTransaction(REQUEST, Retransmission.STANDARD, T0);
    assertThat(transaction.onMessage(strange))
        .containsExactly(new Effect.Refused(strange, Optional.empty()));
  }

  @Test
  void a_way_that_is_shut_ends_it() {
    StunTransaction transaction = new StunTransaction(REQUEST, Retransmission.STANDARD, T0);
    assertThat(transaction.onUnreachable()).containsExactly(new Effect.TimedOut());
    assertThat(transaction.onUnreachable()).isEmpty();
  }
}
