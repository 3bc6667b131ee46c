package dev.crust.cli;

import dev.crust.CrustAddress;
import dev.crust.Event;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What was heard on the LAN: a beacon repeats itself, and what is known is not told again.
 * Thread-safe.
 */
final class Heard {
  /** As many as are remembered. */
  static final int MAX = 1024;

  private final Set<CrustAddress> addresses = new LinkedHashSet<>();
  private boolean anything;

  /** Whether this is worth telling: anything but a peer heard where it was heard before. */
  synchronized boolean isNews(Event event) {
    if (event instanceof Event.Lost it) {
      addresses.removeIf(address -> address.peer().equals(it.connection().peer()));
    }
    if (!(event instanceof Event.Discovered it)) {
      return true;
    }
    anything = true;
    boolean again = addresses.remove(it.address());
    addresses.add(it.address());
    if (addresses.size() > MAX) {
      addresses.remove(addresses.iterator().next());
    }
    return !again;
  }

  /** Whether no peer was heard, not even one that was lost since. */
  synchronized boolean isNothing() {
    return !anything;
  }
}
