package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.EndpointBuilder.Relaying;
import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.spi.Round;
import dev.crust.spi.TraversalMethod;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Methods that are not the library's. Anne speaks QUIC alone and Ben TCP alone, so that they have
 * nothing but a relay, and what a method brings.
 */
@Timeout(120)
final class TraversalMethodTest {
  private final LoopbackEndpoints both = new LoopbackEndpoints(Over.ANY);
  private final LoopbackEndpoints byQuic = new LoopbackEndpoints(Over.QUIC);
  private final LoopbackEndpoints byTcp = new LoopbackEndpoints(Over.TCP);
  private final CountDownLatch over = new CountDownLatch(1);

  @AfterEach
  void close() {
    over.countDown();
    byQuic.close();
    byTcp.close();
    both.close();
  }

  private Watched relay() throws Exception {
    return both.open(it -> it.relaying(Relaying.ALWAYS));
  }

  private Watched home(Watched relay, Transport by, TraversalMethod... methods) throws Exception {
    LoopbackEndpoints endpoints = by == Transport.QUIC ? byQuic : byTcp;
    Watched home =
        endpoints.open(
            it -> {
              List.of(methods).forEach(it::traversal);
              return it.relaying(Relaying.FOR_OURSELVES).transports(Set.of(by));
            });
    home.connect(relay.address());
    while (!home.next(Event.Listening.class).address().via().contains(relay.id())) {
      // Each turn is an event.
    }
    return home;
  }

  private static Connection meet(Watched one, Watched other) throws Exception {
    return one.connect(CrustAddress.of(other.id(), List.of()));
  }

  private static Path awaitDirect(Watched watched) throws Exception {
    Event.PathChanged changed = watched.next(Event.PathChanged.class);
    assertThat(changed.from().map(Path::method)).contains(Path.Method.RELAYED);
    assertThat(changed.reason()).isEqualTo(Reason.BETTER_PATH);
    return changed.to().orElseThrow();
  }

  /** What a test is about. */
  private abstract static class Method implements TraversalMethod {
    private final String name;

    Method(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Needs needs() {
      return Needs.ONE_SIDE;
    }

    @Override
    public Verdict judge(Round round) {
      return new Verdict.Applies(0);
    }

    @Override
    public Effort start(Site site) {
      return new Effort() {
        @Override
        public void begin(Round round) {
          site.at(round.start(), () -> Method.this.begin(site, round));
        }

        @Override
        public void close() {}
      };
    }

    abstract void begin(Site site, Round round);
  }

  /** Both ends of a wire, for those who come with the same token. */
  private static Method meeting(MeetingPoint point) {
    return new Method("meeting") {
      @Override
      public Needs needs() {
        return Needs.BOTH_SIDES;
      }

      @Override
      void begin(Site site, Round round) {
        point.come(round.token(), site::connected);
      }
    };
  }

  @Test
  void each_side_hands_in_its_end_of_a_wire() throws Exception {
    MeetingPoint point = new MeetingPoint();
    Watched relay = relay();
    Watched anne = home(relay, Transport.QUIC, meeting(point));
    Watched ben = home(relay, Transport.TCP, meeting(point));
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    ben.endpoint().onMessage((from, message) -> heard.add(message.text()));
    Connection connection = meet(anne, ben);
    for (Watched each : List.of(anne, ben)) {
      Path path = awaitDirect(each);
      assertThat(path.method()).isEqualTo(Path.Method.OTHER);
      assertThat(path.traversal()).contains("meeting");
    }
    await(connection.send(Message.of("x".repeat(1_000_000))));
    assertThat(heard.poll(10, TimeUnit.SECONDS)).hasSize(1_000_000);
  }

  @Test
  void what_only_one_side_has_is_not_tried_if_it_needs_both() throws Exception {
    Watched relay = relay();
    Watched anne = home(relay, Transport.QUIC, meeting(new MeetingPoint()));
    Watched ben = home(relay, Transport.TCP);
    meet(anne, ben);
    assertThat(anne.next(Event.StaysRelayed.class).sentence())
        .startsWith("no direct path exists by tcp: ")
        .endsWith("; by meeting: the peer does not know of it");
    assertThat(ben.next(Event.StaysRelayed.class).sentence()).doesNotContain("meeting");
  }

  @Test
  void a_wire_to_somebody_else_leads_nowhere() throws Exception {
    Watched relay = relay();
    InetSocketAddress elsewhere =
        relay.address().candidates().stream()
            .filter(each -> each.transport() == Transport.TCP)
            .map(Candidate::address)
            .findFirst()
            .orElseThrow();
    BlockingQueue<MeetingPoint.Watchable> brought = new LinkedBlockingQueue<>();
    Method lying =
        new Method("lying") {
          @Override
          void begin(Site site, Round round) {
            MeetingPoint.Watchable bytes = MeetingPoint.connect(elsewhere);
            brought.add(bytes);
            site.connected(bytes.wire(FarEnd.LISTENER));
          }
        };
    Watched anne = home(relay, Transport.QUIC, lying);
    Watched ben = home(relay, Transport.TCP);
    Connection connection = meet(anne, ben);
    MeetingPoint.Watchable bytes = brought.poll(10, TimeUnit.SECONDS);
    assertThat(bytes).isNotNull();
    bytes.awaitClosed();
    assertThat(await(connection.ping()).path().method()).isEqualTo(Path.Method.RELAYED);
    assertThat(anne.endpoint().connections()).hasSize(2);
  }

  @Test
  void one_that_throws_costs_its_round() throws Exception {
    Method broken =
        new Method("broken") {
          @Override
          public Verdict judge(Round round) {
            throw new IllegalStateException("it cannot judge");
          }

          @Override
          void begin(Site site, Round round) {}
        };
    Watched relay = relay();
    Watched anne = home(relay, Transport.QUIC, broken);
    Watched ben = home(relay, Transport.TCP);
    Connection connection = meet(anne, ben);
    assertThat(anne.next(Event.Warning.class).sentence())
        .isEqualTo(
            "the traversal method broken failed: java.lang.IllegalStateException: it cannot judge");
    assertThat(anne.next(Event.StaysRelayed.class).sentence())
        .startsWith("by broken: it failed: java.lang.IllegalStateException: it cannot judge, and");
    await(connection.ping());
  }

  /** Ten seconds are enough for whoever has something to say. */
  @Test
  @Tag("full")
  void one_that_never_comes_back_holds_nobody_up() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Method hanging =
        new Method("hanging") {
          @Override
          void begin(Site site, Round round) {
            begun.countDown();
            awaitOver();
          }
        };
    Watched relay = relay();
    Watched anne = home(relay, Transport.QUIC, hanging);
    Watched ben = home(relay, Transport.TCP);
    Connection connection = meet(anne, ben);
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    await(connection.send(Message.of("meanwhile")));
    await(connection.ping());
    Event told = anne.events().poll(20, TimeUnit.SECONDS);
    while (told != null && !(told instanceof Event.StaysRelayed)) {
      told = anne.events().poll(20, TimeUnit.SECONDS);
    }
    assertThat(told)
        .isInstanceOfSatisfying(
            Event.StaysRelayed.class,
            it ->
                assertThat(it.sentence())
                    .startsWith("by hanging: nothing has come of it yet, and by tcp: "));
  }

  private void awaitOver() {
    try {
      assertThat(over.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void a_name_that_cannot_be_told_is_refused() {
    Method shouting =
        new Method("SHOUTING") {
          @Override
          void begin(Site site, Round round) {}
        };
    assertThatThrownBy(() -> byTcp.open(it -> it.traversal(shouting)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("'SHOUTING'");
  }
}
