package dev.crust.proto.stun;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.stun.BindingLifetime.Effect;
import dev.crust.proto.stun.StunAttribute.ResponsePort;
import dev.crust.proto.stun.StunServer.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BindingLifetimeTest {
  private static final InetSocketAddress SERVER = PaperNat.SERVER.primary();
  private static final List<Duration> WAITS =
      List.of(ofSeconds(10), ofSeconds(25), ofSeconds(35), ofSeconds(100), ofSeconds(130));

  @Test
  void the_lifetime_lies_between_two_waits() {
    BindingLifetime machine = BindingLifetime.ofFresh(WAITS, new Random(1), Instant.EPOCH);
    assertThat(run(machine, ofSeconds(30), ofSeconds(30)))
        .isEqualTo(new Effect.Found(Optional.of(ofSeconds(25)), Optional.of(ofSeconds(35))));
  }

  @Test
  void a_confirmed_mapping_may_live_longer() {
    BindingLifetime machine = BindingLifetime.ofConfirmed(WAITS, new Random(1), Instant.EPOCH);
    assertThat(run(machine, ofSeconds(30), ofSeconds(120)))
        .isEqualTo(new Effect.Found(Optional.of(ofSeconds(100)), Optional.of(ofSeconds(130))));
  }

  @Test
  void longer_than_all_waits() {
    BindingLifetime machine = BindingLifetime.ofFresh(WAITS, new Random(1), Instant.EPOCH);
    assertThat(run(machine, ofSeconds(300), ofSeconds(300)))
        .isEqualTo(new Effect.Found(Optional.of(ofSeconds(130)), Optional.empty()));
  }

  /** Ports 1000 + binding; a second request makes a mapping live for {@code confirmed}. */
  private static Effect.Found run(BindingLifetime machine, Duration fresh, Duration confirmed) {
    Map<Integer, Instant> expiry = new HashMap<>();
    Instant now = machine.deadline();
    Deque<Effect> pending = new ArrayDeque<>(machine.onTimeout(now));
    for (int step = 0; step < 1000; step++) {
      if (pending.isEmpty()) {
        now = machine.deadline();
        pending.addAll(machine.onTimeout(now));
        continue;
      }
      Effect effect = pending.remove();
      if (effect instanceof Effect.Found found) {
        return found;
      } else if (effect instanceof Effect.Send send) {
        StunMessage request = send.message();
        int target = request.first(ResponsePort.class).map(p -> p.port() - 1000).orElse(-1);
        if (target < 0) {
          Duration life = expiry.containsKey(send.binding()) ? confirmed : fresh;
          expiry.put(send.binding(), now.plus(life));
          target = send.binding();
        }
        if (now.isBefore(expiry.getOrDefault(target, Instant.MIN))) {
          InetSocketAddress from = new InetSocketAddress("192.0.2.1", 1000 + send.binding());
          StunMessage answer =
              StunServer.answer(request, 100, Transport.UDP, SERVER, from, Optional.empty())
                  .get()
                  .message();
          pending.addAll(machine.onMessage(target, answer, now));
        }
      }
    }
    throw new AssertionError("no end");
  }
}
