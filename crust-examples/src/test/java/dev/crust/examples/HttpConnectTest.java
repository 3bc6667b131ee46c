package dev.crust.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Connection;
import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.EndpointBuilder;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.Event;
import dev.crust.Message;
import dev.crust.Path;
import dev.crust.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Anne speaks QUIC alone and Ben TCP alone, so without a relay or a proxy there is no way between
 * them. The method is found by the service loader, as a user's would be.
 */
@Timeout(120)
final class HttpConnectTest {
  private static final int PATIENCE_SECONDS = 30;

  private final List<Endpoint> open = new ArrayList<>();
  private final BlockingQueue<Event> toldAnne = new LinkedBlockingQueue<>();
  private final BlockingQueue<Event> toldBen = new LinkedBlockingQueue<>();
  private ConnectProxy proxy;
  private ProxySelector before;
  private Endpoint relay;
  private Endpoint anne;
  private Endpoint ben;

  @BeforeEach
  void open() throws Exception {
    proxy = new ConnectProxy();
    before = ProxySelector.getDefault();
    ProxySelector.setDefault(new Always(new Proxy(Proxy.Type.HTTP, proxy.address())));
    relay = endpoint(Relaying.ALWAYS, Transport.TCP, Transport.QUIC);
    anne = endpoint(Relaying.FOR_OURSELVES, Transport.QUIC);
    ben = endpoint(Relaying.FOR_OURSELVES, Transport.TCP);
    anne.onEvent(toldAnne::add);
    ben.onEvent(toldBen::add);
    for (Endpoint each : List.of(anne, ben)) {
      await(each.connect(relay.address()));
    }
    awaitReservation(toldAnne);
    awaitReservation(toldBen);
  }

  @AfterEach
  void close() throws Exception {
    open.forEach(Endpoint::close);
    proxy.close();
    ProxySelector.setDefault(before);
  }

  /** A JVM whose HTTPS goes by a proxy. */
  private static final class Always extends ProxySelector {
    private final Proxy proxy;

    Always(Proxy proxy) {
      this.proxy = proxy;
    }

    @Override
    public List<Proxy> select(URI uri) {
      return List.of(proxy);
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {}
  }

  private Endpoint endpoint(Relaying relaying, Transport... transports) throws Exception {
    EndpointBuilder builder =
        Endpoint.builder().discoveries(List.of()).relaying(relaying).transports(Set.of(transports));
    for (Transport transport : transports) {
      builder.listen(transport, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }
    Endpoint endpoint = builder.open();
    open.add(endpoint);
    return endpoint;
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static <T extends Event> T next(BlockingQueue<Event> told, Class<T> kind)
      throws InterruptedException {
    Event event = told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    while (event != null && !kind.isInstance(event)) {
      event = told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    assertThat(event).isInstanceOf(kind);
    return kind.cast(event);
  }

  private void awaitReservation(BlockingQueue<Event> told) throws InterruptedException {
    while (!next(told, Event.Listening.class).address().via().contains(relay.id())) {
      // Each turn is an event.
    }
  }

  /** Both are told, and nothing that was said by the relay is lost. */
  @Test
  void two_without_another_way_come_to_a_direct_path() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    ben.onMessage((from, message) -> heard.add(message.text()));
    Connection connection = await(anne.connect(CrustAddress.of(ben.id(), List.of())));
    assertThat(connection.path().method()).isEqualTo(Path.Method.RELAYED);
    await(connection.send(Message.of("by the relay")));

    Path path = awaitDirect(toldAnne);
    assertThat(path.method()).isEqualTo(Path.Method.OTHER);
    assertThat(path.traversal()).contains("http-connect");
    assertThat(path).hasToString("tcp by http-connect " + text(listening()));
    // Ben sees one more who dials, which is the proxy.
    assertThat(awaitDirect(toldBen).transport()).isEqualTo(Transport.TCP);
    // Twice, if ben had not heard yet of the connection by the relay.
    assertThat(proxy.asked()).containsOnly("CONNECT " + text(listening()) + " HTTP/1.1");

    await(connection.send(Message.of("x".repeat(1 << 20))));
    assertThat(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("by the relay");
    assertThat(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).hasSize(1 << 20);
    assertThat(await(connection.ping()).path().method()).isEqualTo(Path.Method.OTHER);
  }

  /** The connection goes on by the relay, and comes back through the proxy. */
  @Test
  void a_tunnel_that_breaks_is_a_path_that_breaks() throws Exception {
    Connection connection = await(anne.connect(CrustAddress.of(ben.id(), List.of())));
    awaitDirect(toldAnne);
    proxy.cut();
    await(connection.send(Message.of("still here")));
    assertThat(awaitDirect(toldAnne).traversal()).contains("http-connect");
  }

  @Test
  void what_the_proxy_says_is_told() throws Exception {
    proxy.refuse();
    await(anne.connect(CrustAddress.of(ben.id(), List.of())));
    assertThat(next(toldAnne, Event.StaysRelayed.class).sentence())
        .contains(
            "by http-connect: the proxy says 'HTTP/1.1 403 Forbidden' to " + text(listening()))
        .contains("by tcp: ")
        .contains("by udp: ");
  }

  private InetSocketAddress listening() {
    return ben.address().candidates().get(0).address();
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  private static Path awaitDirect(BlockingQueue<Event> told) throws InterruptedException {
    while (true) {
      Event.PathChanged changed = next(told, Event.PathChanged.class);
      if (changed.to().filter(path -> path.method() != Path.Method.RELAYED).isPresent()) {
        return changed.to().orElseThrow();
      }
    }
  }
}
