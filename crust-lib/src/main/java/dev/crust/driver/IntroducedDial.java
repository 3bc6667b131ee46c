package dev.crust.driver;

import dev.crust.Attempt;
import dev.crust.PeerId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a direct way to a peer beside the relays, and where none leads there: has peers
 * introduce us, one after the other. On the control loop.
 */
final class IntroducedDial {
  private final PeerId peer;
  private final List<PeerId> named;
  private final EndpointContext context;
  private final Introductions introductions;
  private final Runnable onExhausted;
  private final Queue<PeerId> introducers = new ArrayDeque<>(1);
  private final List<Attempt> attempts = new ArrayList<>(0);
  private Introductions.@Nullable Introduced current;
  private final Alarm end;
  private boolean begun;
  private boolean over;

  /**
   * One that has not begun.
   *
   * @param named those that are to be asked first
   * @param onExhausted hears if nobody is left to be asked
   */
  IntroducedDial(
      PeerId peer,
      List<PeerId> named,
      EndpointContext context,
      Introductions introductions,
      Runnable onExhausted) {
    this.peer = peer;
    this.named = named;
    this.context = context;
    this.introductions = introductions;
    this.onExhausted = onExhausted;
    this.end = new Alarm(context);
  }

  /** Begins, once. Returns whether anybody is being asked. */
  boolean begin() {
    if (!begun) {
      begun = true;
      introducers.addAll(introductions.towards(peer, named));
      next();
      if (!over) {
        end.set(context.now().plus(context.dialTimeout()), this::giveUp);
      }
    }
    return !over;
  }

  private void giveUp() {
    if (!over) {
      end();
      onExhausted.run();
    }
  }

  private void next() {
    current = null;
    while (!over && current == null) {
      PeerId introducer = introducers.poll();
      if (introducer == null) {
        over = true;
      } else {
        current = introductions.ask(peer, introducer, this::onFailed);
      }
    }
  }

  private void onFailed(String sentence, List<Attempt> made) {
    if (over) {
      return;
    }
    attempts.addAll(made);
    if (made.isEmpty()) {
      next();
    } else {
      // The peer was found, and no way to it: another introducer finds none either.
      over = true;
    }
    if (over) {
      onExhausted.run();
    }
  }

  /** What was tried without success. */
  List<Attempt> attempts() {
    return List.copyOf(attempts);
  }

  /** Nobody needs it any more. */
  void end() {
    over = true;
    end.stop();
    if (current != null) {
      current.end();
    }
  }
}
