package dev.crust.proto.guard;

import dev.crust.Event.Refused;
import dev.crust.PeerId;
import dev.crust.Reason;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who was turned away, and why: told at the first occurrence for each source and reason, then
 * summed up every ten seconds. Its memory is bounded whatever the number of sources.
 */
public final class RefusalLog {
  /** Between two reports of the same. */
  public static final Duration INTERVAL = Duration.ofSeconds(10);

  private static final int CAPACITY = 256;

  private record Key(InetAddress source, Reason reason) {}

  private static final class Entry {
    Instant told;
    long untold;
    Optional<PeerId> peer = Optional.empty();
    String detail = "";

    Entry(Instant told) {
      this.told = told;
    }
  }

  private final Map<Key, Entry> entries = new LinkedHashMap<>();

  /** Somebody was turned away. Returns what is to be told now. */
  public List<Refused> onRefused(
      InetAddress source, Optional<PeerId> peer, Reason reason, String detail, Instant now) {
    List<Refused> told = new ArrayList<>();
    Key key = new Key(source, reason);
    Entry entry = entries.get(key);
    if (entry == null) {
      makeRoom(told);
      entries.put(key, new Entry(now));
      told.add(new Refused(source, peer, reason, detail, 1));
      return told;
    }
    entry.untold++;
    entry.peer = peer;
    entry.detail = detail;
    if (!now.isBefore(entry.told.plus(INTERVAL))) {
      told.add(tell(key, entry));
      entry.told = now;
    }
    return told;
  }

  /**
   * Time has passed: sums up what was not told, and forgets what is over. To be called every {@link
   * #INTERVAL}.
   */
  public List<Refused> onTimeout(Instant now) {
    List<Refused> told = new ArrayList<>();
    Iterator<Map.Entry<Key, Entry>> iterator = entries.entrySet().iterator();
    while (iterator.hasNext()) {
      Map.Entry<Key, Entry> next = iterator.next();
      Entry entry = next.getValue();
      if (!now.isBefore(entry.told.plus(INTERVAL))) {
        if (entry.untold == 0) {
          iterator.remove();
        } else {
          told.add(tell(next.getKey(), entry));
          entry.told = now;
        }
      }
    }
    return told;
  }

  private void makeRoom(List<Refused> told) {
    if (entries.size() < CAPACITY) {
      return;
    }
    Iterator<Map.Entry<Key, Entry>> iterator = entries.entrySet().iterator();
    Map.Entry<Key, Entry> eldest = iterator.next();
    iterator.remove();
    if (eldest.getValue().untold > 0) {
      told.add(tell(eldest.getKey(), eldest.getValue()));
    }
  }

  private static Refused tell(Key key, Entry entry) {
    Refused refused = new Refused(key.source, entry.peer, key.reason, entry.detail, entry.untold);
    entry.untold = 0;
    return refused;
  }
}
