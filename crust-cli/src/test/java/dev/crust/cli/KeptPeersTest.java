package dev.crust.cli;

import static dev.crust.cli.Fixtures.address;
import static dev.crust.cli.Fixtures.peer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import dev.crust.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whom a node dials and when, on no clock but the test's own. */
final class KeptPeersTest {
  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");

  /** We are peer 100: those below dial us, those above are ours to dial. */
  private final KeptPeers kept = new KeptPeers(peer(100), new Backoff(new SplittableRandom(1)));

  @Test
  void theSmallerIdDialsAtOnce() {
    assertThat(kept.onDiscovered(address(101, 1), T0)).containsExactly(address(101, 1));
  }

  @Test
  void theLargerIdWaitsForTheOther() {
    assertThat(kept.onDiscovered(address(99, 1), T0)).isEmpty();
    assertThat(kept.deadline()).contains(T0.plusMillis(500));
    assertThat(kept.onTimeout(T0.plusMillis(499))).isEmpty();
    assertThat(kept.onTimeout(T0.plusMillis(500))).containsExactly(address(99, 1));
  }

  @Test
  void thePauseEndsWhenTheOtherHasDialled() {
    kept.onDiscovered(address(99, 1), T0);
    kept.onConnected(peer(99), T0.plusMillis(80));
    assertThat(kept.deadline()).isEmpty();
    assertThat(kept.onTimeout(T0.plusSeconds(1))).isEmpty();
  }

  @Test
  void whatIsConnectedIsNotDialled() {
    kept.onConnected(peer(101), T0);
    assertThat(kept.onDiscovered(address(101, 1), T0)).isEmpty();
  }

  @Test
  void ourselvesAreNeverDialled() {
    assertThat(kept.onDiscovered(address(100, 1), T0)).isEmpty();
    assertThat(kept.onConfigured(List.of(address(100, 1)), T0)).isEmpty();
  }

  @Test
  void eightDialsAtOnceAndTheNextWhenOneEnds() {
    for (int i = 0; i < 10; i++) {
      kept.onDiscovered(address(101 + i, 1), T0);
    }
    assertThat(kept.deadline()).isEmpty();
    assertThat(kept.onConnected(peer(101), T0)).containsExactly(address(109, 1));
    assertThat(kept.onDialFailed(peer(102), T0)).containsExactly(address(110, 1));
  }

  @Test
  void sixtyFourConnectionsByDiscoveryAndTheUserMayHaveMore() {
    for (int i = 0; i < KeptPeers.MAX_FOUND; i++) {
      kept.onDiscovered(address(101 + i, 1), T0);
      kept.onConnected(peer(101 + i), T0);
    }
    assertThat(kept.onDiscovered(address(200, 1), T0)).isEmpty();
    assertThat(kept.deadline()).isEmpty();
    assertThat(kept.onAsked(address(200, 2), T0)).containsExactly(address(200, 2));
    assertThat(kept.onLost(peer(101), Reason.CLOSED, T0)).isEmpty();
    assertThat(kept.onDiscovered(address(201, 1), T0)).containsExactly(address(201, 1));
  }

  @Test
  void aLostPeerIsDialledAgainWithBackoff() {
    connect(101);
    Instant lost = T0.plusSeconds(60);
    assertThat(kept.onLost(peer(101), Reason.PATH_LOST, lost)).isEmpty();
    Instant now = dialAfter(lost, 1);
    for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 64, 128, 256}) {
      kept.onDialFailed(peer(101), now);
      now = dialAfter(now, seconds);
    }
    kept.onDialFailed(peer(101), now);
    assertThat(kept.deadline()).as("forgotten until it is heard again").isEmpty();
    assertThat(kept.onDiscovered(address(101, 1), now)).containsExactly(address(101, 1));
  }

  @Test
  void aPeerThatComesAndGoesIsDialledLessAndLessOften() {
    connect(101);
    Instant now = T0;
    for (int seconds : new int[] {1, 2, 4, 8}) {
      kept.onLost(peer(101), Reason.PATH_LOST, now);
      now = dialAfter(now, seconds);
      kept.onConnected(peer(101), now);
    }
    now = now.plus(KeptPeers.PROVEN);
    kept.onLost(peer(101), Reason.PATH_LOST, now);
    dialAfter(now, 1);
  }

  @Test
  void aRestartedPeerIsDialledWhereItIsHeard() {
    connect(101);
    Instant lost = T0.plusSeconds(60);
    kept.onLost(peer(101), Reason.PATH_LOST, lost);
    assertThat(kept.onDiscovered(address(101, 1), lost.plusMillis(10)))
        .as("the address that just broke keeps its backoff")
        .isEmpty();
    assertThat(kept.onDiscovered(address(101, 2), lost.plusMillis(20)))
        .containsExactly(address(101, 2));
  }

  @Test
  void thePlacesWhereAPeerIsHeardAddUp() {
    connect(101);
    Candidate other = Candidate.tcp(Fixtures.socket("[2001:db8::1]:1"));
    kept.onDiscovered(CrustAddress.of(peer(101), List.of(other)), T0);
    kept.onDiscovered(address(101, 1), T0);
    Instant lost = T0.plusSeconds(60);
    kept.onLost(peer(101), Reason.PATH_LOST, lost);
    assertThat(kept.onDiscovered(CrustAddress.of(peer(101), List.of(other)), lost))
        .as("neither place is new")
        .isEmpty();
    assertThat(kept.onTimeout(kept.deadline().orElseThrow()))
        .containsExactly(CrustAddress.of(peer(101), List.of(other, Fixtures.candidate(1))));
  }

  @Test
  void aClosedConnectionRestsUntilTheUserAsks() {
    connect(101);
    kept.onLost(peer(101), Reason.CLOSED_BY_PEER, T0);
    assertThat(kept.deadline()).isEmpty();
    assertThat(kept.onDiscovered(address(101, 2), T0)).isEmpty();
    assertThat(kept.onAsked(CrustAddress.of(peer(101), List.of()), T0))
        .as("a bare id stands for what was heard last")
        .containsExactly(address(101, 2));
  }

  @Test
  void aClosedConnectionRestsUntilThePeerComes() {
    connect(101);
    assertThat(kept.onDropped(peer(101), T0)).isTrue();
    kept.onLost(peer(101), Reason.CLOSED, T0);
    kept.onConnected(peer(101), T0);
    kept.onLost(peer(101), Reason.SILENT, T0.plusSeconds(60));
    dialAfter(T0.plusSeconds(60), 1);
  }

  @Test
  void aDropEndsTheDialling() {
    kept.onDiscovered(address(99, 1), T0);
    assertThat(kept.onDropped(peer(99), T0)).isTrue();
    assertThat(kept.deadline()).isEmpty();
    assertThat(kept.onDropped(peer(99), T0)).isFalse();
    assertThat(kept.onDropped(peer(1), T0)).isFalse();
  }

  @Test
  void whatTheUserAskedForIsKeptOnceItWasUp() {
    assertThat(kept.onAsked(address(1, 1), T0)).containsExactly(address(1, 1));
    kept.onDialFailed(peer(1), T0);
    assertThat(kept.deadline()).as("the first failure is the user's to judge").isEmpty();

    kept.onAsked(address(1, 1), T0);
    kept.onDialled(peer(1), T0);
    kept.onLost(peer(1), Reason.SILENT, T0.plusSeconds(60));
    Instant now = kept.deadline().orElseThrow();
    kept.onTimeout(now);
    for (int i = 0; i < 50; i++) {
      kept.onDialFailed(peer(1), now);
      now = kept.deadline().orElseThrow();
      assertThat(kept.onTimeout(now)).containsExactly(address(1, 1));
    }
  }

  @Test
  void aBareIdThatNobodyKnowsIsDialledAsItIs() {
    CrustAddress bare = CrustAddress.of(peer(1), List.of());
    assertThat(kept.onAsked(bare, T0)).containsExactly(bare);
  }

  @Test
  void theConfiguredAreTriedForEver() {
    assertThat(kept.onConfigured(List.of(address(1, 1), address(2, 2)), T0))
        .containsExactly(address(1, 1), address(2, 2));
    Instant now = T0;
    kept.onDialled(peer(2), now);
    for (int i = 0; i < 50; i++) {
      kept.onDialFailed(peer(1), now);
      Instant next = kept.deadline().orElseThrow();
      assertThat(Duration.between(now, next)).isLessThan(Duration.ofMinutes(6).plusSeconds(1));
      now = next;
      assertThat(kept.onTimeout(now)).containsExactly(address(1, 1));
    }
  }

  @Test
  void whoCameToUsIsNotPursued() {
    kept.onConnected(peer(1), T0);
    kept.onLost(peer(1), Reason.SILENT, T0);
    assertThat(kept.deadline()).isEmpty();
  }

  @Test
  void eventsAndOutcomesMayCross() {
    kept.onDiscovered(address(101, 1), T0);
    kept.onConnected(peer(101), T0);
    kept.onLost(peer(101), Reason.PATH_LOST, T0);
    kept.onDialled(peer(101), T0);
    dialAfter(T0, 1);
  }

  @Test
  void aFloodOfFindsIsBounded() {
    for (int i = 0; i < 5000; i++) {
      byte[] key = new byte[PeerId.LENGTH];
      key[0] = 1;
      key[1] = (byte) (i >> 8);
      key[2] = (byte) i;
      kept.onDiscovered(CrustAddress.of(PeerId.of(key), List.of(Fixtures.candidate(1))), T0);
    }
    assertThat(kept.retrying()).isEqualTo(KeptPeers.MAX_KNOWN);
  }

  private void connect(int number) {
    kept.onDiscovered(address(number, 1), T0);
    kept.onConnected(peer(number), T0);
  }

  /** The next dial is so many seconds away, give or take the jitter; goes there. */
  private Instant dialAfter(Instant from, int seconds) {
    Instant at = kept.deadline().orElseThrow();
    assertThat(Duration.between(from, at).toMillis()).isBetween(seconds * 800L, seconds * 1200L);
    assertThat(kept.onTimeout(at)).containsExactly(address(101, 1));
    return at;
  }
}
