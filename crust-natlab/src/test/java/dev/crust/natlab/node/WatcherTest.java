package dev.crust.natlab.node;

import static dev.crust.natlab.node.CrustNode.PATIENCE;
import static dev.crust.natlab.node.CrustNode.about;
import static dev.crust.natlab.node.CrustNode.is;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.parallel.ExecutionMode.CONCURRENT;

import dev.crust.CrustAddress;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.natlab.junit.EventLog;
import dev.crust.natlab.junit.Labs;
import dev.crust.natlab.junit.NatLab;
import dev.crust.natlab.kernel.Capture;
import dev.crust.natlab.kernel.Lab;
import dev.crust.natlab.scenario.Scenario;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody on the same cable sees of a whole conversation, from the first beacon on. */
@NatLab
final class WatcherTest {
  private static final String NETWORK = "a-network-with-a-telling-name";
  private static final String TEXT = "nobody-else-may-read-this";
  private static final int BEACON_LENGTH = 512;

  @Execution(CONCURRENT)
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"tcp", "quic", "any"})
  void nothing_but_tls_and_quic_and_sealed_beacons(String transport, Labs labs, EventLog log)
      throws Exception {
    Lab lab = labs.up(Scenario.parse("lan office anne ben"));
    CrustNodes nodes = new CrustNodes(lab, log);
    String[] options = {"--network", NETWORK, "--transport", transport};
    CrustNode anne;
    CrustNode ben;
    Capture capture = lab.capture("anne", "eth0");
    try (capture) {
      anne = nodes.start("anne", options);
      anne.await("listening");
      ben = nodes.start("ben", options);
      anne.awaitConnected(ben);
      ben.awaitConnected(anne);
      anne.say(TEXT, ben);
      ben.say(TEXT, anne);
      anne.type("ping " + ben.id() + " 3");
      anne.await("pong", event -> event.path("seq").asInt() == 3, PATIENCE);
      anne.type("drop " + ben.id());
      ben.await("lost", is("lost").and(about(anne)), PATIENCE);
    }
    Packets seen = Packets.read(capture.file());

    Set<Integer> ports = new HashSet<>(quicPorts(anne));
    ports.addAll(quicPorts(ben));
    Map<Boolean, List<byte[]>> datagrams =
        seen.datagrams().stream()
            .collect(
                Collectors.partitioningBy(
                    each -> ports.contains(each.from()) && ports.contains(each.to()),
                    Collectors.mapping(Packets.Datagram::payload, Collectors.toList())));
    List<byte[]> quic = datagrams.getOrDefault(true, List.of());
    List<byte[]> beacons = datagrams.getOrDefault(false, List.of());
    assertThat(beacons).isNotEmpty().allMatch(each -> each.length == BEACON_LENGTH);
    assertThat(quic).allMatch(WatcherTest::isQuic);
    if (transport.equals("quic")) {
      assertThat(seen.ways()).isEmpty();
      assertThat(quic).isNotEmpty();
    } else {
      // Both have dialled, and the loser of that race may end before it is encrypted.
      assertThat(seen.ways().stream().filter(WatcherTest::tlsRecordsOnly))
          .hasSizeGreaterThanOrEqualTo(2);
    }

    byte[] all = Files.readAllBytes(capture.file());
    for (CrustNode end : List.of(anne, ben)) {
      assertThat(contains(all, PeerId.parse(end.id()).bytes())).isFalse();
      assertThat(contains(all, ascii(end.id()))).isFalse();
    }
    assertThat(contains(all, ascii(NETWORK))).isFalse();
    assertThat(contains(all, ascii(TEXT))).isFalse();
    assertThat(contains(all, ascii("crust"))).isFalse();
  }

  private static Set<Integer> quicPorts(CrustNode node) throws InterruptedException {
    return CrustAddress.parse(node.address()).candidates().stream()
        .filter(each -> each.transport() == Transport.QUIC)
        .map(each -> each.address().getPort())
        .collect(Collectors.toSet());
  }

  /** RFC 9000 §17: version 1 in the long header, the fixed bit in both. */
  private static boolean isQuic(byte[] datagram) {
    boolean isLong = (datagram[0] & 0x80) != 0;
    return (datagram[0] & 0x40) != 0 && (!isLong || ByteBuffer.wrap(datagram).getInt(1) == 1);
  }

  /**
   * RFC 8446 §5.1, and §4.2.1: the server chooses version 1.3. Returns whether anything was
   * encrypted.
   */
  private static boolean tlsRecordsOnly(byte[] way) {
    boolean encrypted = false;
    int at = 0;
    while (at + 5 <= way.length) {
      int type = way[at];
      int length = (way[at + 3] & 0xff) << 8 | (way[at + 4] & 0xff);
      assertThat(type).isIn(20, 21, 22, 23);
      assertThat(encrypted && type != 23 && type != 20).as("a record in clear").isFalse();
      if (type == 22 && way[at + 5] == 2) {
        byte[] hello = Arrays.copyOfRange(way, at + 5, at + 5 + length);
        assertThat(contains(hello, new byte[] {0, 0x2b, 0, 2, 3, 4})).isTrue();
      }
      encrypted |= type == 23;
      assertThat(way[at + 1]).isEqualTo((byte) 3);
      at += 5 + length;
    }
    return encrypted;
  }

  private static boolean contains(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at++) {
      if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
