package dev.crust.proto.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.stun.BehaviourDiscovery.Effect;
import dev.crust.proto.stun.NatBehaviour.Hairpin;
import dev.crust.spi.PortAllocation;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BehaviourDiscoveryTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final InetSocketAddress SERVER = PaperNat.SERVER.primary();
  private static final int STEPS = 1000;

  private final List<InetSocketAddress> locals = new ArrayList<>();
  private Instant now = T0;

  BehaviourDiscoveryTest() {
    for (int i = 0; i < 5; i++) {
      locals.add(new InetSocketAddress("192.168.1.10", 40_000 + 17 * i));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NONE, ADDRESS_AND_PORT_DEPENDENT",
    "ENDPOINT_INDEPENDENT, ENDPOINT_INDEPENDENT",
    "ENDPOINT_INDEPENDENT, ADDRESS_DEPENDENT",
    "ENDPOINT_INDEPENDENT, ADDRESS_AND_PORT_DEPENDENT",
    "ADDRESS_DEPENDENT, ADDRESS_AND_PORT_DEPENDENT",
    "ADDRESS_AND_PORT_DEPENDENT, ADDRESS_AND_PORT_DEPENDENT",
    "ADDRESS_AND_PORT_DEPENDENT, ENDPOINT_INDEPENDENT",
  })
  void tells_mapping_and_filtering(Mapping mapping, Filtering filtering) {
    NatBehaviour found = discover(new PaperNat(mapping, filtering, random()), effect -> true);
    assertThat(found.mapping()).isEqualTo(mapping);
    assertThat(found.filtering()).isEqualTo(filtering);
    assertThat(found.hairpin())
        .isEqualTo(mapping == Mapping.NONE ? Hairpin.UNKNOWN : Hairpin.NOT_SEEN);
    assertThat(found.allocation())
        .isEqualTo(mapping == Mapping.NONE ? PortAllocation.PRESERVED : PortAllocation.RANDOM);
  }

  @Test
  void tells_a_sequence_and_its_step() {
    AtomicInteger next = new AtomicInteger(20_000);
    PaperNat nat =
        new PaperNat(
            Mapping.ADDRESS_AND_PORT_DEPENDENT,
            Filtering.ADDRESS_AND_PORT_DEPENDENT,
            port -> next.addAndGet(2));
    assertThat(discover(nat, effect -> true).allocation()).isEqualTo(PortAllocation.sequential(2));
  }

  @Test
  void a_silent_server_says_nothing() {
    NatBehaviour found = discover(portRestricted(), effect -> false);
    assertThat(found)
        .isEqualTo(
            new NatBehaviour(
                Mapping.UNKNOWN,
                Filtering.UNKNOWN,
                PortAllocation.UNKNOWN,
                Hairpin.UNKNOWN,
                List.of()));
    assertThat(now).isEqualTo(T0.plusMillis(5500));
  }

  @Test
  void silence_proves_nothing_where_packets_get_lost() {
    AtomicInteger sent = new AtomicInteger();
    NatBehaviour found = discover(portRestricted(), effect -> sent.incrementAndGet() % 4 == 0);
    assertThat(found.mapping()).isEqualTo(Mapping.ENDPOINT_INDEPENDENT);
    assertThat(found.filtering()).isEqualTo(Filtering.UNKNOWN);
  }

  @Test
  void a_server_that_ignores_change_requests_proves_nothing() {
    NatBehaviour found =
        run(
            discovery(),
            send -> {
              StunMessage bare = StunMessage.bindingRequest(send.message().transactionId());
              return portRestricted().exchange(locals.get(send.binding()), send.to(), bare);
            });
    assertThat(found.filtering()).isEqualTo(Filtering.UNKNOWN);
  }

  @Test
  void over_tcp_there_is_no_filtering_test() {
    PaperNat nat =
        new PaperNat(Mapping.ADDRESS_DEPENDENT, Filtering.ADDRESS_AND_PORT_DEPENDENT, random());
    BehaviourDiscovery discovery =
        BehaviourDiscovery.tcp(SERVER, locals, Retransmission.RELIABLE, new Random(1), now);
    NatBehaviour found = run(discovery, send -> exchange(nat, send));
    assertThat(found.mapping()).isEqualTo(Mapping.ADDRESS_DEPENDENT);
    assertThat(found.filtering()).isEqualTo(Filtering.UNKNOWN);
    assertThat(found.allocation()).isEqualTo(PortAllocation.RANDOM);
  }

  @Test
  void who_waits_for_it_waits_little() {
    BehaviourDiscovery discovery =
        BehaviourDiscovery.brief(SERVER, locals, Retransmission.BRIEF, new Random(1), now);
    NatBehaviour found = run(discovery, send -> exchange(portRestricted(), send));
    assertThat(found.mapping()).isEqualTo(Mapping.ENDPOINT_INDEPENDENT);
    assertThat(found.filtering()).isEqualTo(Filtering.ADDRESS_AND_PORT_DEPENDENT);
    assertThat(found.hairpin()).isEqualTo(Hairpin.UNKNOWN);
    assertThat(now).isEqualTo(T0.plusMillis(500));
  }

  @ParameterizedTest
  @CsvSource({"0, 500", "10, 530", "30, 590", "80, 1440", "300, 2400"})
  void who_waits_for_it_waits_by_the_round_trip(int roundTrip, int took) {
    BehaviourDiscovery discovery =
        BehaviourDiscovery.brief(SERVER, locals, Retransmission.BRIEF, new Random(1), now);
    PaperNat nat = portRestricted();
    NatBehaviour found = runOver(Duration.ofMillis(roundTrip), discovery, nat);
    assertThat(found.mapping()).isEqualTo(Mapping.ENDPOINT_INDEPENDENT);
    assertThat(found.filtering()).isEqualTo(Filtering.ADDRESS_AND_PORT_DEPENDENT);
    assertThat(now).isEqualTo(T0.plusMillis(took));
  }

  private static PaperNat portRestricted() {
    return new PaperNat(
        Mapping.ENDPOINT_INDEPENDENT,
        Filtering.ADDRESS_AND_PORT_DEPENDENT,
        IntUnaryOperator.identity());
  }

  private static IntUnaryOperator random() {
    Random random = new Random(3);
    return port -> 1024 + random.nextInt(64_512);
  }

  private BehaviourDiscovery discovery() {
    return BehaviourDiscovery.udp(SERVER, locals, Retransmission.PROBE, new Random(1), now);
  }

  private NatBehaviour discover(PaperNat nat, Predicate<Effect.Send> arrives) {
    return run(discovery(), send -> arrives.test(send) ? exchange(nat, send) : Optional.empty());
  }

  private Optional<PaperNat.Arrival> exchange(PaperNat nat, Effect.Send send) {
    return nat.exchange(locals.get(send.binding()), send.to(), send.message());
  }

  private NatBehaviour run(
      BehaviourDiscovery discovery, Function<Effect.Send, Optional<PaperNat.Arrival>> network) {
    Deque<Effect> pending = new ArrayDeque<>();
    for (int step = 0; step < STEPS; step++) {
      if (pending.isEmpty()) {
        now = discovery.deadline();
        pending.addAll(discovery.onTimeout(now));
        continue;
      }
      Effect effect = pending.remove();
      if (effect instanceof Effect.Found found) {
        assertThat(discovery.deadline()).isEqualTo(Instant.MAX);
        return found.behaviour();
      } else if (effect instanceof Effect.Send send) {
        network
            .apply(send)
            .ifPresent(
                in ->
                    pending.addAll(
                        discovery.onMessage(send.binding(), in.from(), in.message(), now)));
      }
    }
    throw new AssertionError("no end after " + STEPS + " steps");
  }

  private record Coming(Instant at, int binding, PaperNat.Arrival what) {}

  /** The same where each answer takes a while. */
  private NatBehaviour runOver(Duration roundTrip, BehaviourDiscovery discovery, PaperNat nat) {
    Deque<Coming> coming = new ArrayDeque<>();
    for (int step = 0; step < STEPS; step++) {
      Coming next = coming.peek();
      boolean arrives = next != null && !next.at().isAfter(discovery.deadline());
      now = arrives ? next.at() : discovery.deadline();
      List<Effect> effects =
          arrives
              ? discovery.onMessage(next.binding(), next.what().from(), next.what().message(), now)
              : discovery.onTimeout(now);
      if (arrives) {
        coming.remove();
      }
      for (Effect effect : effects) {
        if (effect instanceof Effect.Found found) {
          return found.behaviour();
        } else if (effect instanceof Effect.Send send) {
          exchange(nat, send)
              .ifPresent(in -> coming.add(new Coming(now.plus(roundTrip), send.binding(), in)));
        }
      }
    }
    throw new AssertionError("no end after " + STEPS + " steps");
  }
}
