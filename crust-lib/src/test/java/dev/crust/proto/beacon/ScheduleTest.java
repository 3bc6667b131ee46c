package dev.crust.proto.beacon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.beacon.Schedule.Effect;
import dev.crust.proto.beacon.Schedule.Effect.Announce;
import dev.crust.proto.beacon.Schedule.Effect.Ask;
import dev.crust.proto.beacon.Schedule.Effect.Close;
import dev.crust.proto.beacon.Schedule.Effect.Look;
import dev.crust.proto.beacon.Schedule.Effect.Open;
import dev.crust.proto.beacon.Schedule.Effect.Warn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Transcripts, on no clock but their own. */
class ScheduleTest {
  private static final Instant T0 = Instant.EPOCH;

  private final Link lan = link("eth0", "192.0.2.1");
  private final Link wifi = link("wlan0", "198.51.100.1");
  private final Schedule schedule = new Schedule(T0, new Random(1));

  @Test
  void a_new_link() {
    assertThat(at(0)).containsExactly(new Look());
    assertThat(schedule.onLinks(List.of(lan), T0)).containsExactly(new Open(lan));
    assertThat(at(0)).containsExactly(new Ask(lan), new Announce(lan));
    assertThat(at(249)).isEmpty();
    assertThat(at(250)).containsExactly(new Ask(lan), new Announce(lan));
    assertThat(at(999)).isEmpty();
    assertThat(at(1000)).containsExactly(new Look(), new Ask(lan));
    assertThat(schedule.onLinks(List.of(lan), T0.plusMillis(1000))).isEmpty();
    assertThat(at(1999)).isEmpty();
    assertThat(at(2000)).containsExactly(new Look());
  }

  @Test
  void then_about_every_thirty_seconds() {
    begin(lan);
    List<Long> asked = new ArrayList<>();
    for (int i = 0; i < 1000 && asked.size() < 23; i++) {
      long now = Duration.between(T0, schedule.deadline()).toMillis();
      for (Effect effect : at(now)) {
        if (effect instanceof Ask) {
          asked.add(now);
        }
        assertThat(effect instanceof Announce && now > 250).isFalse();
      }
    }
    assertThat(asked).startsWith(0L, 250L, 1000L).hasSize(23);
    List<Long> pauses = new ArrayList<>();
    for (int i = 3; i < asked.size(); i++) {
      pauses.add(asked.get(i) - asked.get(i - 1));
    }
    assertThat(pauses).allMatch(pause -> pause >= 25_000 && pause <= 35_000);
    assertThat(pauses).doesNotHaveDuplicates();
  }

  @Test
  void links_come_and_go() {
    begin(lan);
    at(0);
    assertThat(schedule.onLinks(List.of(lan, wifi), T0.plusMillis(100)))
        .containsExactly(new Open(wifi));
    assertThat(at(100)).containsExactly(new Ask(wifi), new Announce(wifi));
    assertThat(at(250)).containsExactly(new Ask(lan), new Announce(lan));
    assertThat(schedule.onLinks(List.of(wifi), T0.plusMillis(300))).containsExactly(new Close(lan));
    assertThat(at(350)).containsExactly(new Ask(wifi), new Announce(wifi));
    assertThat(schedule.onLinks(List.of(), T0.plusMillis(400))).containsExactly(new Close(wifi));
    assertThat(at(999)).isEmpty();
    assertThat(schedule.deadline()).isEqualTo(T0.plusMillis(1000));
  }

  @Test
  void a_hint_makes_it_look_at_once() {
    begin(lan);
    at(0);
    schedule.onHint(T0.plusMillis(100));
    assertThat(schedule.deadline()).isEqualTo(T0.plusMillis(100));
    assertThat(at(100)).containsExactly(new Look());
  }

  @Test
  void changed_candidates_are_announced_at_most_once_a_second() {
    begin(lan);
    for (long now : new long[] {0, 250, 1000, 2000}) {
      at(now);
    }
    schedule.onCandidatesChanged(T0.plusMillis(2100));
    assertThat(at(2100)).containsExactly(new Announce(lan));
    schedule.onCandidatesChanged(T0.plusMillis(2200));
    schedule.onCandidatesChanged(T0.plusMillis(2300));
    assertThat(at(3000)).containsExactly(new Look());
    assertThat(at(3099)).isEmpty();
    assertThat(at(3100)).containsExactly(new Announce(lan));
    assertThat(at(3350)).containsExactly(new Announce(lan));
    assertThat(at(3999)).isEmpty();
  }

  @Test
  void a_link_that_cannot_be_opened_is_tried_again() {
    begin(lan);
    assertThat(schedule.onFailed(lan, "no", T0)).containsExactly(new Close(lan));
    assertThat(schedule.onFailed(lan, "no", T0)).isEmpty();
    assertThat(at(249)).isEmpty();
    assertThat(at(250)).containsExactly(new Open(lan), new Ask(lan), new Announce(lan));
    assertThat(at(500)).containsExactly(new Ask(lan), new Announce(lan));
    assertThat(at(1250)).containsExactly(new Look(), new Ask(lan));
  }

  @Test
  void a_lasting_failure_is_told_once_and_retried_ever_more_seldom() {
    begin(lan);
    List<Long> tried = new ArrayList<>();
    List<Effect> warnings = new ArrayList<>();
    schedule.onFailed(lan, "permission denied", T0);
    for (int i = 0; i < 1000 && tried.size() < 10; i++) {
      Instant now = schedule.deadline();
      if (schedule.onTimeout(now).contains(new Open(lan))) {
        tried.add(Duration.between(T0, now).toMillis());
        schedule.onFailed(lan, "permission denied", now).stream()
            .filter(Warn.class::isInstance)
            .forEach(warnings::add);
      }
    }
    assertThat(tried)
        .containsExactly(
            250L, 750L, 1750L, 3750L, 7750L, 15_750L, 31_750L, 61_750L, 91_750L, 121_750L);
    assertThat(warnings)
        .containsExactly(
            new Warn(
                "the beacon cannot speak from 192.0.2.1 on eth0 (permission denied); it retries"));
  }

  @Test
  void a_broken_link_that_goes_is_not_closed_twice() {
    begin(lan);
    schedule.onFailed(lan, "no", T0);
    assertThat(schedule.onLinks(List.of(), T0)).isEmpty();
    assertThat(schedule.onFailed(lan, "late news", T0)).isEmpty();
  }

  private void begin(Link link) {
    at(0);
    schedule.onLinks(List.of(link), T0);
  }

  private List<Effect> at(long millis) {
    return schedule.onTimeout(T0.plusMillis(millis));
  }

  private static Link link(String name, String address) {
    return new Link(name, 2, Given.ip(address), 24, List.of(Surroundings.GROUP4));
  }
}
