package dev.crust.io;

import static dev.crust.io.Talker.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.TransactionId;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Twelve ports, each with each, in both roles, and STUN in between. */
@Timeout(120)
final class QuicMeshTest {
  private static final int HOSTS = 12;
  private static final int BYTES = 1 << 20;

  @Test
  void everybody_talks_to_everybody_while_strangers_ask() throws Exception {
    List<QuicHost> hosts = new ArrayList<>();
    EventLoops loops = new EventLoops("mesh");
    try {
      for (int i = 0; i < HOSTS; i++) {
        hosts.add(new QuicHost(loops, false, BYTES, BYTES));
      }
      List<Talker> diallers = new ArrayList<>();
      for (int i = 0; i < HOSTS; i++) {
        for (int j = 0; j < i; j++) {
          boolean swap = (i + j) % 2 == 0;
          QuicHost from = hosts.get(swap ? j : i);
          diallers.add(from.dial(hosts.get(swap ? i : j), BYTES, BYTES));
        }
      }
      int answered = 0;
      try (DatagramSocket stranger = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
        for (QuicHost host : hosts) {
          answered += ask(stranger, host) ? 1 : 0;
        }
      }
      for (Talker dialler : diallers) {
        await(dialler.arrived);
      }
      for (QuicHost host : hosts) {
        for (Talker guest : host.guests) {
          await(guest.arrived);
        }
      }
      assertThat(diallers).hasSize(HOSTS * (HOSTS - 1) / 2);
      assertThat(answered).isEqualTo(HOSTS);
      assertThat(hosts.stream().mapToInt(host -> host.guests.size()).sum()).isEqualTo(66);
    } finally {
      hosts.forEach(QuicHost::close);
      loops.close();
    }
  }

  /** Repeats the request as RFC 8489 §6.2.1 has it: a busy host's kernel may drop one. */
  private static void receive(DatagramSocket socket, DatagramPacket request, DatagramPacket answer)
      throws IOException {
    for (int timeout = 500; timeout <= 8000; timeout *= 2) {
      socket.setSoTimeout(timeout);
      socket.send(request);
      try {
        do {
          // One that comes twice, since its request did, is still there at the next question.
          socket.receive(answer);
        } while (!answer.getSocketAddress().equals(request.getSocketAddress()));
        return;
      } catch (SocketTimeoutException lost) {
        // Asked again, with twice the patience.
      }
    }
    throw new AssertionError("no answer from " + request.getSocketAddress());
  }

  private static boolean ask(DatagramSocket socket, QuicHost host) throws Exception {
    TransactionId id = TransactionId.random(new SecureRandom());
    byte[] request = StunCodec.encode(StunMessage.bindingRequest(id));
    DatagramPacket answer = new DatagramPacket(new byte[1500], 1500);
    receive(socket, new DatagramPacket(request, request.length, host.port.bound()), answer);
    StunMessage read = StunCodec.decode(Arrays.copyOf(answer.getData(), answer.getLength()));
    return read.transactionId().equals(id)
        && answer.getSocketAddress().equals(host.port.bound())
        && read.reflexiveAddress().equals(Optional.of(socket.getLocalSocketAddress()));
  }
}
