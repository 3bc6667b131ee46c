package dev.crust.io;

import static dev.crust.io.Talker.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Identity;
import dev.crust.proto.identity.PeerCertificate;
import dev.crust.proto.stun.Retransmission;
import dev.crust.proto.stun.StunTransaction;
import dev.crust.proto.stun.StunTransaction.Effect;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** STUN on the ports of an endpoint, both ways. */
@Timeout(60)
final class StunServingTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @Test
  void over_udp_from_the_port_of_quic() throws Exception {
    try (QuicHost a = new QuicHost();
        QuicHost b = new QuicHost()) {
      CompletableFuture<StunTransaction.Effect> ended = new CompletableFuture<>();
      a.port.stun().ask(b.port.bound(), Retransmission.PROBE, List.of(), ended::complete);
      Effect.Answered answered = (Effect.Answered) await(ended);
      assertThat(answered.response().reflexiveAddress()).contains(a.port.bound());
    }
  }

  @Test
  void over_tcp_from_the_port_that_listens() throws Exception {
    try (EventLoops loops = new EventLoops("stun-tcp");
        Tls tls =
            new Tls(
                PeerCertificate.create(Identity.ephemeral(), new SecureRandom()),
                Tls.Engine.best())) {
      TcpPort port = new TcpPort(loops, tls);
      try (TcpPort.Listener server = port.listen(ANY_PORT, pipe -> new Talker(pipe, 0, 0));
          TcpPort.Listener own = port.listen(ANY_PORT, pipe -> new Talker(pipe, 0, 0))) {
        CompletableFuture<StunTransaction.Effect> ended = new CompletableFuture<>();
        port.ask(server.bound(), own.bound(), Duration.ofSeconds(5), ended::complete);
        Effect.Answered answered = (Effect.Answered) await(ended);
        assertThat(answered.response().reflexiveAddress()).contains(own.bound());
      }
    }
  }

  @Test
  void a_flood_of_questions_is_limited() throws Exception {
    try (QuicHost b = new QuicHost();
        DatagramSocket flooder = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      byte[] request = new byte[20];
      ByteBuffer.wrap(request).putShort((short) 1).putShort((short) 0).putInt(0x2112a442);
      for (int i = 0; i < 5000; i++) {
        request[19] = (byte) i;
        flooder.send(new DatagramPacket(request, request.length, b.port.bound()));
      }
      flooder.setSoTimeout(500);
      int bytes = 0;
      int answers = 0;
      try {
        while (true) {
          DatagramPacket answer = new DatagramPacket(new byte[1500], 1500);
          flooder.receive(answer);
          bytes += answer.getLength() + 28;
          answers++;
        }
      } catch (java.net.SocketTimeoutException quiet) {
        assertThat(answers).isBetween(1, 200);
        assertThat(bytes).isLessThanOrEqualTo(2 * answers * 48);
      }
      assertThat(b.port.drops().of(Drops.Kind.STUN_LIMITED)).isPositive();
    }
  }

  @Test
  void a_client_of_another_house_gets_its_answer() throws Exception {
    try (QuicHost b = new QuicHost()) {
      InetSocketAddress at = b.port.bound();
      Process client =
          new ProcessBuilder(
                  "turnutils_stunclient",
                  "-p",
                  String.valueOf(at.getPort()),
                  at.getAddress().getHostAddress())
              .redirectErrorStream(true)
              .start();
      assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("reflexive addr: 127.0.0.1");
    }
  }
}
