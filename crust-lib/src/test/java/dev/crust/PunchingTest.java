package dev.crust;

import static dev.crust.LoopbackEndpoints.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.LoopbackEndpoints.Watched;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two endpoints that meet by a relay, or by a peer that introduces them, and speak QUIC alone, or
 * TCP alone: what is left to them is to agree on a time and send.
 */
@ParameterizedClass
@EnumSource(
    value = Over.class,
    names = {"QUIC", "TCP"})
@Timeout(120)
final class PunchingTest {
  private final Transport transport;
  private final LoopbackEndpoints endpoints;

  PunchingTest(Over over) {
    this.transport = over == Over.QUIC ? Transport.QUIC : Transport.TCP;
    this.endpoints = new LoopbackEndpoints(over);
  }

  @AfterEach
  void close() {
    endpoints.close();
  }

  private Watched home(Watched relay, Punching punching) throws Exception {
    Watched home = endpoints.open(it -> it.relaying(Relaying.FOR_OURSELVES).punching(punching));
    home.connect(relay.address());
    while (!home.next(Event.Listening.class).address().via().contains(relay.id())) {
      // Each turn is an event.
    }
    return home;
  }

  /** On one host the direct path may be as fast as the relay. */
  private void awaitDirect(Watched watched, Watched peer) throws Exception {
    Connection connection = watched.next(Event.Connected.class).connection();
    while (!connection.peer().equals(peer.id())) {
      connection = watched.next(Event.Connected.class).connection();
    }
    if (connection.path().method() == Path.Method.HOST) {
      return;
    }
    Event.PathChanged changed = watched.next(Event.PathChanged.class);
    assertThat(changed.from().map(Path::method)).contains(Path.Method.RELAYED);
    // On one host, where nothing has to be punched.
    assertThat(changed.to().map(Path::method)).contains(Path.Method.HOST);
    assertThat(changed.to().map(Path::transport)).contains(transport);
    assertThat(changed.reason()).isEqualTo(Reason.BETTER_PATH);
  }

  private void meet(Punching annes, Punching bens) throws Exception {
    Watched relay = endpoints.open(it -> it.relaying(Relaying.ALWAYS));
    Watched anne = home(relay, annes);
    Watched ben = home(relay, bens);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    ben.endpoint().onMessage((from, message) -> heard.add(message.text()));
    Connection connection = anne.connect(CrustAddress.of(ben.id(), List.of()));
    List<String> said = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      said.add("number " + i);
      connection.send(Message.of("number " + i));
    }
    awaitDirect(anne, ben);
    awaitDirect(ben, anne);
    await(connection.send(Message.of("the last")));
    said.add("the last");
    List<String> all = new ArrayList<>();
    while (all.size() < said.size()) {
      all.add(String.valueOf(heard.poll(10, TimeUnit.SECONDS)));
    }
    assertThat(all).isEqualTo(said);
  }

  @Test
  void they_move_to_a_direct_path_and_nothing_is_lost() throws Exception {
    meet(Punching.ON, Punching.ON);
  }

  @Test
  void where_one_side_does_not_punch_both_dial() throws Exception {
    meet(Punching.OFF, Punching.ON);
  }

  /** Uses no relay. */
  private Watched guest(Watched introducer, Punching punching) throws Exception {
    Watched guest = endpoints.open(it -> it.relaying(Relaying.NEVER).punching(punching));
    guest.connect(introducer.address());
    while (introducer.endpoint().connection(guest.id()).isEmpty()) {
      introducer.next(Event.Connected.class);
    }
    return guest;
  }

  private static CrustAddress named(Watched peer) {
    return CrustAddress.of(peer.id(), List.of());
  }

  @Test
  void a_peer_of_both_introduces_them_where_there_is_no_relay() throws Exception {
    Watched introducer = endpoints.open(it -> it.relaying(Relaying.NEVER));
    Watched anne = guest(introducer, Punching.ON);
    Watched ben = guest(introducer, Punching.ON);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    ben.endpoint().onMessage((from, message) -> heard.add(message.text()));
    anne.endpoint().onMessage((from, message) -> heard.add(message.text()));
    for (Watched dialling : List.of(anne, ben)) {
      Watched dialled = dialling.equals(anne) ? ben : anne;
      Connection connection = dialling.connect(named(dialled));
      assertThat(connection.path().transport()).isEqualTo(transport);
      await(connection.send(Message.of("good day")));
      assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("good day");
      connection.close();
      dialling.next(Event.Lost.class);
      dialled.next(Event.Lost.class);
    }
  }

  @Test
  void both_ask_for_the_other_at_once() throws Exception {
    Watched introducer = endpoints.open(it -> it.relaying(Relaying.NEVER));
    Watched anne = guest(introducer, Punching.ON);
    Watched ben = guest(introducer, Punching.ON);
    var one = anne.endpoint().connect(named(ben));
    var other = ben.endpoint().connect(named(anne));
    await(await(one).send(Message.of("hello")));
    await(await(other).send(Message.of("hello")));
    assertThat(anne.endpoint().connections()).hasSize(2);
    assertThat(ben.endpoint().connections()).hasSize(2);
  }

  @Test
  void nobody_is_introduced_who_does_not_want_it_or_is_not_there() throws Exception {
    Watched introducer = endpoints.open(it -> it.relaying(Relaying.NEVER));
    Watched anne = guest(introducer, Punching.ON);
    Watched shy = guest(introducer, Punching.OFF);
    assertThat(anne.failure(named(shy)).reason()).isEqualTo(Reason.NO_CANDIDATES);
    assertThat(shy.failure(named(anne)).reason()).isEqualTo(Reason.NO_CANDIDATES);
    CrustAddress nobody = CrustAddress.of(Identity.ephemeral().peerId(), List.of());
    assertThat(anne.failure(nobody).reason()).isEqualTo(Reason.NO_CANDIDATES);
  }
}
