package dev.crust.proto.stun;

import dev.crust.proto.stun.StunAttribute.Fingerprint;
import dev.crust.proto.stun.StunAttribute.ResponsePort;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Finds out how long a UDP mapping lives without traffic (RFC 5780 §4.6), all waits side by side.
 *
 * <p>Binding <i>i</i> is mapped and then left alone for wait <i>i</i>; then one binding more, the
 * last, asks the server to answer to that mapping's port (RESPONSE-PORT). What arrives was let in
 * by a mapping still alive. Confined to one thread.
 */
public final class BindingLifetime {
  /** What the owner is to do. */
  public sealed interface Effect {
    /** Send a message to the server from a binding. */
    record Send(int binding, StunMessage message) implements Effect {}

    /**
     * The end.
     *
     * @param alive the longest wait after which a mapping was still alive
     * @param dead the shortest longer wait after which none was
     */
    record Found(Optional<Duration> alive, Optional<Duration> dead) implements Effect {}
  }

  private enum Stage {
    MAP,
    CONFIRM,
    WAIT,
    ASK,
    ALIVE,
    DEAD,
    FAILED
  }

  private static final class Trial {
    final int binding;
    final Duration wait;
    Stage stage = Stage.MAP;
    StunTransaction transaction;
    Instant due = Instant.MAX;
    int port;

    Trial(int binding, Duration wait, StunTransaction transaction) {
      this.binding = binding;
      this.wait = wait;
      this.transaction = transaction;
    }

    Instant deadline() {
      Instant transmission = transaction.deadline();
      return due.isBefore(transmission) ? due : transmission;
    }

    boolean ended() {
      return stage.compareTo(Stage.ASK) > 0;
    }
  }

  /** Linux keeps a UDP mapping for longer once traffic has gone both ways for over 2 s. */
  private static final Duration CONFIRM_AFTER = Duration.ofMillis(2500);

  private final List<Trial> trials = new ArrayList<>();
  private final boolean confirmed;
  private final RandomGenerator random;
  private boolean found;

  private BindingLifetime(
      List<Duration> waits, boolean confirmed, RandomGenerator random, Instant now) {
    this.confirmed = confirmed;
    this.random = random;
    for (Duration wait : waits.stream().sorted().toList()) {
      trials.add(new Trial(trials.size(), wait, request(now)));
    }
  }

  /** Of mappings that saw one request and one response. */
  public static BindingLifetime ofFresh(List<Duration> waits, RandomGenerator random, Instant now) {
    return new BindingLifetime(waits, false, random, now);
  }

  /** Of mappings that saw traffic both ways for over 2 s. */
  public static BindingLifetime ofConfirmed(
      List<Duration> waits, RandomGenerator random, Instant now) {
    return new BindingLifetime(waits, true, random, now);
  }

  /** How many bindings the owner has to open: one for each wait and one that asks. */
  public int bindings() {
    return trials.size() + 1;
  }

  /** When to call {@link #onTimeout} next; {@link Instant#MAX} at the end. */
  public Instant deadline() {
    return found
        ? Instant.MAX
        : trials.stream().map(Trial::deadline).min(Instant::compareTo).orElse(Instant.MAX);
  }

  /** Time has passed. */
  public List<Effect> onTimeout(Instant now) {
    List<Effect> effects = new ArrayList<>();
    for (Trial trial : trials) {
      if (!now.isBefore(trial.due)) {
        trial.due = Instant.MAX;
        trial.stage = trial.stage == Stage.MAP ? Stage.CONFIRM : Stage.ASK;
        trial.transaction = trial.stage == Stage.ASK ? ask(trial.port, now) : request(now);
      }
      handle(trial, trial.transaction.onTimeout(now), effects);
    }
    finish(effects);
    return effects;
  }

  /** A message came in at a binding. */
  public List<Effect> onMessage(int binding, StunMessage message, Instant now) {
    List<Effect> effects = new ArrayList<>();
    for (Trial trial : trials) {
      if (trial.binding != binding || trial.ended()) {
        continue;
      }
      for (StunTransaction.Effect effect : trial.transaction.onMessage(message)) {
        onEnd(trial, effect, now);
      }
    }
    finish(effects);
    return effects;
  }

  private StunTransaction request(Instant now) {
    StunMessage message =
        StunMessage.bindingRequest(TransactionId.random(random), new Fingerprint());
    return new StunTransaction(message, Retransmission.PROBE, now);
  }

  private StunTransaction ask(int port, Instant now) {
    StunMessage message =
        StunMessage.bindingRequest(
            TransactionId.random(random), new ResponsePort(port), new Fingerprint());
    return new StunTransaction(message, Retransmission.PROBE, now);
  }

  private void handle(Trial trial, List<StunTransaction.Effect> what, List<Effect> effects) {
    for (StunTransaction.Effect effect : what) {
      if (effect instanceof StunTransaction.Effect.Send send) {
        int from = trial.stage == Stage.ASK ? trials.size() : trial.binding;
        effects.add(new Effect.Send(from, send.request()));
      } else {
        trial.stage = trial.stage == Stage.ASK ? Stage.DEAD : Stage.FAILED;
      }
    }
  }

  private void onEnd(Trial trial, StunTransaction.Effect effect, Instant now) {
    Optional<InetSocketAddress> address =
        effect instanceof StunTransaction.Effect.Answered answered
            ? answered.response().reflexiveAddress()
            : Optional.empty();
    if (address.isEmpty()) {
      trial.stage = Stage.FAILED;
    } else if (trial.stage == Stage.ASK) {
      trial.stage = Stage.ALIVE;
    } else if (trial.stage == Stage.MAP && confirmed) {
      trial.due = now.plus(CONFIRM_AFTER);
    } else {
      trial.port = address.get().getPort();
      trial.stage = Stage.WAIT;
      trial.due = now.plus(trial.wait);
    }
  }

  private void finish(List<Effect> effects) {
    if (found || !trials.stream().allMatch(Trial::ended)) {
      return;
    }
    found = true;
    Optional<Duration> alive =
        trials.stream()
            .filter(trial -> trial.stage == Stage.ALIVE)
            .map(trial -> trial.wait)
            .max(Duration::compareTo);
    Optional<Duration> dead =
        trials.stream()
            .filter(trial -> trial.stage == Stage.DEAD)
            .map(trial -> trial.wait)
            .filter(wait -> alive.isEmpty() || wait.compareTo(alive.get()) > 0)
            .min(Duration::compareTo);
    effects.add(new Effect.Found(alive, dead));
  }
}
