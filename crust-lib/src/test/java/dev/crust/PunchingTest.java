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

/**
 * Two endpoints that meet by a relay and speak QUIC alone: what is left to them is to agree on a
 * time and send.
 */
@Timeout(120)
final class PunchingTest {
  private final LoopbackEndpoints endpoints = new LoopbackEndpoints(Over.QUIC);

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

  private static void awaitDirect(Watched watched) throws Exception {
    Event.PathChanged changed = watched.next(Event.PathChanged.class);
    assertThat(changed.from().map(Path::method)).contains(Path.Method.RELAYED);
    // On one host, where nothing has to be punched.
    assertThat(changed.to().map(Path::method)).contains(Path.Method.HOST);
    assertThat(changed.to().map(Path::transport)).contains(Transport.QUIC);
    assertThat(changed.reason()).isEqualTo(Reason.BETTER_PATH);
  }

  private void meet(Punching annes, Punching bens) throws Exception {
    Watched relay = endpoints.open(it -> it.relaying(Relaying.ALWAYS));
    Watched anne = home(relay, annes);
    Watched ben = home(relay, bens);
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    ben.endpoint().onMessage((from, message) -> heard.add(message.text()));
    Connection connection = anne.connect(CrustAddress.of(ben.id(), List.of()));
    assertThat(connection.path().method()).isEqualTo(Path.Method.RELAYED);
    List<String> said = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      said.add("number " + i);
      connection.send(Message.of("number " + i));
    }
    awaitDirect(anne);
    awaitDirect(ben);
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
}
