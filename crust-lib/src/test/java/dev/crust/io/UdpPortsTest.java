package dev.crust.io;

import static dev.crust.io.Talker.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Identity;
import dev.crust.proto.identity.PeerCertificate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ports that follow the addresses of the host. */
@Timeout(60)
final class UdpPortsTest {
  private static final byte[] ONE = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

  @Test
  void one_number_at_all_addresses_which_come_and_go() throws Exception {
    InetAddress one = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    InetAddress two = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
    InetAddress six = InetAddress.getByAddress(ONE);
    try (EventLoops loops = new EventLoops("ports");
        QuicTls tls =
            new QuicTls(PeerCertificate.create(Identity.ephemeral(), new SecureRandom()));
        UdpPorts ports =
            new UdpPorts(loops, tls, InstantSource.system(), 0, pipe -> new Talker(pipe, 0, 0))) {
      await(ports.update(List.of(one, two)).thenApply(done -> true));
      assertThat(ports.ports())
          .extracting(port -> port.bound().getAddress())
          .containsExactly(one, two);
      int number = ports.ports().get(0).bound().getPort();
      assertThat(ports.ports().get(1).bound().getPort()).isEqualTo(number);
      await(ports.update(List.of(two, six)).thenApply(done -> true));
      assertThat(ports.ports())
          .extracting(port -> port.bound().getAddress())
          .containsExactly(two, six);
      assertThat(ports.ports().get(1).bound().getPort()).isEqualTo(number);
      InetSocketAddress away = new InetSocketAddress(six, 9);
      assertThat(ports.towards(away).orElseThrow().bound().getAddress()).isEqualTo(six);
      assertThat(ports.towards(new InetSocketAddress(one, 9))).isEmpty();
    }
  }

  @Test
  void sixteen_at_most() throws Exception {
    List<InetAddress> many = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      many.add(InetAddress.getByAddress(new byte[] {127, 0, 1, (byte) i}));
    }
    try (EventLoops loops = new EventLoops("ports");
        QuicTls tls =
            new QuicTls(PeerCertificate.create(Identity.ephemeral(), new SecureRandom()));
        UdpPorts ports =
            new UdpPorts(loops, tls, InstantSource.system(), 0, pipe -> new Talker(pipe, 0, 0))) {
      await(ports.update(many).thenApply(done -> true));
      assertThat(ports.ports()).hasSize(UdpPorts.MAX_PORTS);
    }
  }
}
