package dev.crust.proto.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crust.proto.MalformedMessageException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RelayMessageTest {
  @Test
  void round_trips() throws Exception {
    List<RelayMessage> messages =
        List.of(
            new RelayMessage.Reserve(),
            RelayMessage.Reserved.of(RelayLimits.DEFAULT),
            new RelayMessage.Open(-1, RelayTest.peer(1), new byte[4096]),
            new RelayMessage.Opened(5, 6),
            new RelayMessage.Incoming(Long.MIN_VALUE, RelayTest.peer(2), new byte[] {1}),
            new RelayMessage.Closed(0, 5, RelayRefusal.NO_RESERVATION));
    for (RelayMessage each : messages) {
      RelayMessage again = RelayMessage.decode(each.encode()).orElseThrow();
      assertThat(again).hasSameClassAs(each);
      assertThat(again.encode()).isEqualTo(each.encode());
    }
    assertThat(RelayMessage.decode(new byte[0])).isEmpty();
    assertThat(RelayRefusal.of("what-comes-later")).isEqualTo(RelayRefusal.UNKNOWN);
  }

  @Test
  void refuses_what_is_out_of_bounds() {
    for (RelayMessage wrong :
        List.of(
            new RelayMessage.Open(1, RelayTest.peer(1), new byte[4097]),
            new RelayMessage.Opened(1, 0),
            new RelayMessage.Incoming(0, RelayTest.peer(1), new byte[0]))) {
      assertThatThrownBy(() -> RelayMessage.decode(wrong.encode()))
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  /** Nothing that a remote can send throws anything but the checked exception. */
  @FuzzTest(maxDuration = "30s")
  void decode(byte[] bytes) {
    try {
      RelayMessage.decode(bytes)
          .ifPresent(
              message -> {
                byte[] once = message.encode();
                try {
                  byte[] twice = RelayMessage.decode(once).orElseThrow().encode();
                  if (!Arrays.equals(once, twice)) {
                    throw new IllegalStateException("changed by a round trip: " + message);
                  }
                } catch (MalformedMessageException e) {
                  throw new IllegalStateException(e);
                }
              });
    } catch (MalformedMessageException expected) {
      return;
    }
  }
}
