package dev.crust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.LoopbackEndpoints.Watched;
import dev.crust.io.BadCertificates;
import dev.crust.proto.identity.PeerCertificate;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is turned away at a TCP port before there is a greeting. */
@Timeout(60)
final class TcpRefusalTest {
  @Test
  void aClientWithoutCertificate() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      try (RawPeer peer = new RawPeer(LoopbackEndpoints.port(alice), null)) {
        assertThat(peer.readToEnd()).isEmpty();
      }
      assertThat(alice.next(Event.Refused.class).reason()).isEqualTo(Reason.HANDSHAKE_FAILED);
      endpoints.stillServes(alice);
    }
  }

  @ParameterizedTest
  @EnumSource(BadCertificates.class)
  void aBadCertificate(BadCertificates kind) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      PeerCertificate certificate = kind.make();
      try (RawPeer peer = new RawPeer(LoopbackEndpoints.port(alice), certificate)) {
        assertThat(peer.readToEnd()).isEmpty();
      }
      Event.Refused refused = alice.next(Event.Refused.class);
      assertThat(refused.reason()).isEqualTo(Reason.HANDSHAKE_FAILED);
      assertThat(refused.detail()).containsIgnoringCase(kind.complaint());
      endpoints.stillServes(alice);
    }
  }

  @Test
  void garbage() throws Exception {
    byte[] noise = new byte[4000];
    new Random(1).nextBytes(noise);
    noise[0] = 'x';
    refusedPlain(noise, true);
  }

  @Test
  void plainHttp() throws Exception {
    refusedPlain("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII), true);
  }

  @Test
  void halfTlsHello() throws Exception {
    refusedPlain(new byte[] {22, 3, 1, 2, 0, 1, 0, 1}, false);
  }

  @Test
  void aTlsRecordThatNeverEnds() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      try (Socket socket = connect(alice)) {
        byte[] record = new byte[5 + 0x4000];
        record[0] = 22;
        record[1] = 3;
        record[2] = 1;
        record[3] = 0x40;
        // A ClientHello of 16 MiB, of which piece after piece comes.
        record[5] = 1;
        record[6] = (byte) 0xff;
        for (int i = 0; i < 16; i++) {
          socket.getOutputStream().write(record);
        }
        readToEnd(socket);
      } catch (IOException reset) {
        // Just as well.
      }
      assertThat(alice.next(Event.Refused.class).reason())
          .isIn(Reason.PROTOCOL_VIOLATION, Reason.HANDSHAKE_FAILED);
      endpoints.stillServes(alice);
    }
  }

  private static void refusedPlain(byte[] bytes, boolean untilTheEnd) throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      try (Socket socket = connect(alice)) {
        socket.getOutputStream().write(bytes);
        if (untilTheEnd) {
          readToEnd(socket);
        }
      }
      Event.Refused refused = alice.next(Event.Refused.class);
      assertThat(refused.reason()).isEqualTo(Reason.PROTOCOL_VIOLATION);
      assertThat(refused.source()).isEqualTo(InetAddress.getLoopbackAddress());
      assertThat(alice.endpoint().refusals()).containsEntry(Reason.PROTOCOL_VIOLATION, 1L);
      endpoints.stillServes(alice);
    }
  }

  @Test
  void aThousandWhoSayNothing() throws Exception {
    try (LoopbackEndpoints endpoints = new LoopbackEndpoints()) {
      Watched alice = endpoints.open();
      List<Socket> silent = new ArrayList<>();
      try {
        for (int i = 0; i < 1000; i++) {
          silent.add(connect(alice));
        }
        long start = System.nanoTime();
        endpoints.stillServes(alice);
        for (Socket socket : silent) {
          readToEnd(socket);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertThat(took).isBetween(Duration.ofSeconds(8), Duration.ofSeconds(14));
        assertThat(alice.next(Event.Refused.class).reason()).isEqualTo(Reason.TIMEOUT);
        endpoints.stillServes(alice);
      } finally {
        for (Socket socket : silent) {
          socket.close();
        }
      }
      assertThat(alice.endpoint().refusals()).containsEntry(Reason.TIMEOUT, 1000L);
    }
  }

  private static Socket connect(Watched endpoint) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), LoopbackEndpoints.port(endpoint));
    socket.setSoTimeout(15_000);
    return socket;
  }

  private static void readToEnd(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    try {
      in.readAllBytes();
    } catch (java.net.SocketException reset) {
      return;
    }
  }
}
