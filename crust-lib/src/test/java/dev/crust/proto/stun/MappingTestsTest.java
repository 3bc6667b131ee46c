package dev.crust.proto.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.stun.StunAttribute.ChangeRequest;
import dev.crust.proto.stun.StunAttribute.Fingerprint;
import dev.crust.proto.stun.StunAttribute.Padding;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MappingTestsTest {
  private static final Instant T0 = Instant.EPOCH;
  private static final InetSocketAddress A1 = new InetSocketAddress("198.51.100.1", 3478);
  private static final InetSocketAddress A2 = new InetSocketAddress("203.0.113.1", 3478);
  private static final InetSocketAddress A2P2 = new InetSocketAddress("203.0.113.1", 3479);
  private static final TransactionId ID = TransactionId.random(new Random(1));

  private final MappingTests tests = new MappingTests();
  private final InetAddress client = new InetSocketAddress("192.0.2.7", 0).getAddress();

  @Test
  void begins_at_either_address_and_goes_on_at_the_other() {
    assertThat(isLater(A1, T0)).isFalse();
    assertThat(isLater(A2, T0.plusMillis(100))).isTrue();
    assertThat(isLater(A2P2, T0.plusMillis(200))).isTrue();
    assertThat(isLater(A1, T0.plusMillis(300))).isFalse();
    assertThat(isLater(A2, T0.plusMillis(3299), new Padding(100))).isTrue();
    assertThat(isLater(A2, T0.plusMillis(3300))).isFalse();
    assertThat(isLater(A2P2, T0.plusMillis(3400))).isFalse();
    assertThat(isLater(A1, T0.plusMillis(3500))).isTrue();
  }

  @Test
  void ends_with_a_question_about_filtering() {
    assertThat(isLater(A1, T0)).isFalse();
    assertThat(isLater(A1, T0, new ChangeRequest(true, true))).isFalse();
    assertThat(isLater(A2, T0)).isFalse();
  }

  /** Peers know both our addresses, and ask anywhere at any time. */
  @Test
  void a_fingerprint_is_none_of_theirs() {
    assertThat(isLater(A1, T0, new Fingerprint())).isFalse();
    assertThat(isLater(A2, T0, new Fingerprint())).isFalse();
    assertThat(isLater(A2, T0)).isFalse();
    assertThat(isLater(A1, T0, new Fingerprint())).isFalse();
    assertThat(isLater(A1, T0)).isTrue();
  }

  @Test
  void each_source_has_its_own() {
    assertThat(isLater(A1, T0)).isFalse();
    InetAddress another = new InetSocketAddress("192.0.2.8", 0).getAddress();
    assertThat(tests.isLater(StunMessage.bindingRequest(ID), another, A2, T0)).isFalse();
  }

  @Test
  void a_crowd_leaves_little() throws UnknownHostException {
    for (int i = 0; i < 3 * MappingTests.MAX_SOURCES; i++) {
      InetAddress one = InetAddress.getByAddress(new byte[] {10, 0, (byte) (i >> 8), (byte) i});
      tests.isLater(StunMessage.bindingRequest(ID), one, A1, T0);
    }
    assertThat(tests.sources()).isEqualTo(MappingTests.MAX_SOURCES);
  }

  private boolean isLater(InetSocketAddress at, Instant now, StunAttribute... attributes) {
    return tests.isLater(StunMessage.bindingRequest(ID, attributes), client, at, now);
  }
}
