package dev.crust.proto.beacon;

import static dev.crust.proto.beacon.Given.peer;
import static dev.crust.proto.beacon.Given.tcp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crust.Candidate;
import dev.crust.Transport;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.beacon.Message.Announcement;
import dev.crust.proto.beacon.Message.Answer;
import dev.crust.proto.beacon.Message.Presence;
import dev.crust.proto.beacon.Message.Query;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CodecTest {
  private static final int PRESENCE_AT = 2;
  private static final int COUNT_AT = PRESENCE_AT + 32 + 8;

  /** The layout that docs/protocol-beacon.md shows. */
  @Test
  void layout() {
    Presence presence = new Presence(peer(7), 0x0102030405060708L, List.of(tcp("192.0.2.1", 4001)));
    byte[] body = Codec.encode(new Announcement(presence));
    assertThat(HexFormat.of().formatHex(body, 0, COUNT_AT + 9))
        .isEqualTo(
            "0103"
                + "07"
                + "00".repeat(30)
                + "07"
                + "0102030405060708"
                + "01"
                + "0104c00002010fa1");
    assertThat(Arrays.copyOfRange(body, COUNT_AT + 9, body.length)).containsOnly(0);
  }

  @Test
  void every_message_comes_back() throws MalformedMessageException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      Message message = message(random);
      byte[] body = Codec.encode(message);
      assertThat(body).hasSize(NetworkSeal.BODY_LENGTH);
      assertThat(Codec.decode(body)).as("seed %d", seed).isEqualTo(message);
    }
  }

  @Test
  void every_presence_comes_back() throws MalformedMessageException {
    Random random = new Random(5484);
    for (int i = 0; i < 200; i++) {
      Presence presence = presence(random);
      assertThat(Codec.decodePresence(Codec.encode(presence))).isEqualTo(presence);
    }
  }

  @Test
  void changed_bodies_are_read_or_malformed() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 5000; i++) {
      byte[] body = Codec.encode(message(random));
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        body[random.nextInt(80)] = (byte) random.nextInt();
      }
      try {
        Codec.decode(Arrays.copyOf(body, random.nextInt(body.length + 1)));
      } catch (MalformedMessageException e) {
        assertThat(e).as("seed %d", seed).hasMessageMatching("[ -~]+");
      }
    }
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource({
    "0, 02, version 2",
    "1, 00, kind 0",
    "1, 04, kind 4",
    "42, 11, 17 candidates",
    "44, 05, address family 5",
    "45, 00000000, an address that nobody can dial",
    "45, efff5454, an address that nobody can dial",
    "49, 0000, port 0",
    "44, 0600000000000000000000ffffc00002010fa1, an IPv4 address in the clothes of IPv6",
    "44, 06ff0200000000000000000000000000010fa1, an address that nobody can dial",
  })
  void malformed(int at, String hex, String message) {
    Presence presence = new Presence(peer(7), 1, List.of(tcp("192.0.2.1", 4001)));
    byte[] body = Codec.encode(new Announcement(presence));
    byte[] wrong = HexFormat.of().parseHex(hex);
    System.arraycopy(wrong, 0, body, at, wrong.length);
    assertThatThrownBy(() -> Codec.decode(body))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessage(message);
  }

  @Test
  void later_transports_are_skipped() throws MalformedMessageException {
    Candidate known = tcp("2001:db8::1", 2);
    Presence presence = new Presence(peer(7), 1, List.of(tcp("192.0.2.1", 1), known));
    byte[] body = Codec.encode(new Announcement(presence));
    body[COUNT_AT + 1] = 99;
    assertThat(Codec.decode(body))
        .isEqualTo(new Announcement(new Presence(peer(7), 1, List.of(known))));
  }

  private static Message message(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> new Query(random.nextLong(), bytes(random, OneTimeKey.LENGTH));
      case 1 ->
          new Answer(
              bytes(random, AesGcm.NONCE_LENGTH),
              bytes(random, OneTimeKey.LENGTH),
              bytes(random, Codec.SEALED_LENGTH));
      default -> new Announcement(presence(random));
    };
  }

  private static Presence presence(Random random) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = random.nextInt(17); i > 0; i--) {
      byte[] ip = bytes(random, random.nextBoolean() ? 4 : 16).toArray();
      ip[0] = 32; // neither a wildcard, nor multicast, nor IPv4 in disguise
      try {
        candidates.add(
            new Candidate(
                random.nextBoolean() ? Transport.TCP : Transport.QUIC,
                new InetSocketAddress(InetAddress.getByAddress(ip), 1 + random.nextInt(65_535))));
      } catch (UnknownHostException e) {
        throw new AssertionError(e);
      }
    }
    return new Presence(peer(random.nextInt()), random.nextLong(), candidates);
  }

  private static Bytes bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return Bytes.copyOf(bytes);
  }
}
