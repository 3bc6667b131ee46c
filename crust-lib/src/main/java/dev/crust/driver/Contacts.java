package dev.crust.driver;

import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * To whom we have sent of our own accord lately, from the ports that others dial: for whom a filter
 * before these may be open (RFC 4787 §5), so that what comes from there proves little. Those who
 * only came to us are none. Thread-safe.
 */
final class Contacts {
  /** RFC 4787 §4.3 has mappings of UDP last five minutes at most, if nobody says otherwise. */
  private static final Duration MAY_BE_OPEN = Duration.ofMinutes(10);

  /** RFC 4787 §4.3 knows of mappings that last 30 s; what was asked by TCP is held so long. */
  private static final Duration IS_OPEN = Duration.ofSeconds(20);

  private static final int MAX_CONTACTS = 1024;

  private record Contact(Protocol protocol, InetAddress ip) {}

  private final Map<Contact, Instant> known = new LinkedHashMap<>(4, 0.75f, true);

  /** When the latest was of those for whom there was no room. */
  private Instant forgotten = Instant.MIN;

  /** Something is sent from a port of ours that others dial. */
  synchronized void onSent(Protocol protocol, InetAddress ip, Instant now) {
    known.put(new Contact(protocol, ip), now);
    if (known.size() > MAX_CONTACTS) {
      Map.Entry<Contact, Instant> eldest = known.entrySet().iterator().next();
      forgotten = eldest.getValue();
      known.remove(eldest.getKey());
    }
  }

  /** Whether a filter that goes by addresses may be open for this one. */
  synchronized boolean mayBeLetIn(Protocol protocol, InetAddress ip, Instant now) {
    Instant last = known.getOrDefault(new Contact(protocol, ip), forgotten);
    return !last.equals(Instant.MIN) && now.isBefore(last.plus(MAY_BE_OPEN));
  }

  /** Whether it is surely open for this one. */
  synchronized boolean isLetIn(Protocol protocol, InetAddress ip, Instant now) {
    Instant last = known.getOrDefault(new Contact(protocol, ip), Instant.MIN);
    return !last.equals(Instant.MIN) && now.isBefore(last.plus(IS_OPEN));
  }
}
