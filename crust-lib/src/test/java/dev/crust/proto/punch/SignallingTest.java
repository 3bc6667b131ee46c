package dev.crust.proto.punch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.Identity;
import dev.crust.proto.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignallingTest {
  private static final byte[] SIGNAL = new byte[Signals.MAX_LENGTH];
  private static final byte[] ASKED = Carried.ask(Identity.ephemeral().peerId(), SIGNAL);

  private static List<ByteBuffer> encoded() {
    return List.of(
        new Signalling.Direct(SIGNAL).encode(),
        new Signalling.Ask(ASKED).encode(),
        new Signalling.Carry(ASKED).encode());
  }

  private static void check(List<Signalling> read) {
    assertThat(read)
        .satisfiesExactly(
            one -> assertThat(((Signalling.Direct) one).signal()).isEqualTo(SIGNAL),
            two -> assertThat(((Signalling.Ask) two).body()).isEqualTo(ASKED),
            three -> assertThat(((Signalling.Carry) three).body()).isEqualTo(ASKED));
  }

  @Test
  void one_after_the_other_in_whatever_pieces() throws Exception {
    ByteBuffer all = ByteBuffer.allocate(3 * (Signalling.MAX_LENGTH + 2));
    encoded().forEach(all::put);
    all.flip();
    check(new SignallingReader().read(all.duplicate()));
    SignallingReader reader = new SignallingReader();
    List<Signalling> read = new ArrayList<>();
    while (all.hasRemaining()) {
      read.addAll(reader.read(ByteBuffer.wrap(new byte[] {all.get()})));
    }
    check(read);
  }

  @Test
  void what_a_later_version_says_is_skipped() throws Exception {
    ByteBuffer in = ByteBuffer.allocate(Signalling.MAX_LENGTH + 10);
    in.put(new byte[] {0, 3, 0x7a, 1, 9}).put(encoded().get(0)).flip();
    assertThat(new SignallingReader().read(in)).hasSize(1);
  }

  @Test
  void what_is_too_long_or_malformed_is_refused() {
    for (byte[] wrong :
        List.of(
            new byte[] {(byte) 0x81, 0x11},
            new byte[] {(byte) 0x80, (byte) 0x80},
            new byte[] {1, 0x0a},
            new byte[] {2, 0x12, 0x7f})) {
      assertThatThrownBy(() -> new SignallingReader().read(ByteBuffer.wrap(wrong)))
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  @FuzzTest
  void anything(byte[] bytes) {
    try {
      new SignallingReader().read(ByteBuffer.wrap(bytes));
    } catch (MalformedMessageException refused) {
      assertThat(refused).hasMessageContaining("message");
    }
  }
}
