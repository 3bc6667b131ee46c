package dev.crust.driver;

import dev.crust.Transport;
import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * To whom we have sent of our own accord lately: for whom a filter before us may be open, so that
 * what comes from there proves little. Those who only came to us are none. Thread-safe.
 */
final class Contacts {
  /** RFC 4787 §4.3 has mappings of UDP last five minutes at most, if nobody says otherwise. */
  private static final Duration MAY_BE_OPEN = Duration.ofMinutes(10);

  /** RFC 4787 §4.3 knows of mappings that last 30 s; what was asked by TCP is held so long. */
  private static final Duration IS_OPEN = Duration.ofSeconds(20);

  private static final int MAX_CONTACTS = 1024;

  private record Contact(Protocol protocol, InetAddress ip) {}

  /** When something was sent to it last, from any port of ours, and from one that others dial. */
  private record Times(Instant any, Instant ours) {
    Times later(Times other) {
      return new Times(other.any, other.ours.isAfter(ours) ? other.ours : ours);
    }
  }

  private final Map<Contact, Times> known = new LinkedHashMap<>(4, 0.75f, true);

  /** When the latest was of those for whom there was no room. */
  private Instant forgotten = Instant.MIN;

  /** A candidate is dialled: by QUIC from the port that others dial, by TCP from another. */
  void onDialled(Transport transport, InetAddress ip, Instant now) {
    if (transport == Transport.QUIC) {
      onSent(Protocol.UDP, ip, now);
    } else {
      put(new Contact(Protocol.TCP, ip), now, Instant.MIN);
    }
  }

  /** Something is sent from a port of ours that others dial. */
  void onSent(Protocol protocol, InetAddress ip, Instant now) {
    put(new Contact(protocol, ip), now, now);
  }

  private synchronized void put(Contact contact, Instant any, Instant ours) {
    known.merge(contact, new Times(any, ours), Times::later);
    if (known.size() > MAX_CONTACTS) {
      Map.Entry<Contact, Times> eldest = known.entrySet().iterator().next();
      forgotten = eldest.getValue().any;
      known.remove(eldest.getKey());
    }
  }

  /** Whether a filter that goes by addresses may be open for this one. */
  synchronized boolean mayBeLetIn(Protocol protocol, InetAddress ip, Instant now) {
    Times times = known.get(new Contact(protocol, ip));
    Instant last = times == null ? forgotten : times.any;
    return !last.equals(Instant.MIN) && now.isBefore(last.plus(MAY_BE_OPEN));
  }

  /** Whether it is open for this one, at the port that others dial. */
  synchronized boolean isLetIn(Protocol protocol, InetAddress ip, Instant now) {
    Times times = known.get(new Contact(protocol, ip));
    return times != null
        && !times.ours.equals(Instant.MIN)
        && now.isBefore(times.ours.plus(IS_OPEN));
  }
}
