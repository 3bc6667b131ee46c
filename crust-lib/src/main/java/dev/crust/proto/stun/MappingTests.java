package dev.crust.proto.stun;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who is in the middle of finding out how its NAT maps (RFC 5780 §4.3): it has asked at one of our
 * addresses a moment ago, and asks at the other. Its answers had better leave OTHER-ADDRESS out,
 * since clients in use take the third target from the last answer that names any. Bounded: the
 * latest 1024 sources. Thread-safe.
 */
public final class MappingTests {
  static final int MAX_SOURCES = 1024;

  /** More than a slow way there and back. */
  static final Duration SOON = Duration.ofSeconds(3);

  private record First(InetAddress at, Instant until) {}

  private final LinkedHashMap<InetAddress, First> firsts =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, First> eldest) {
          return size() > MAX_SOURCES;
        }
      };

  /** Nobody yet. */
  public MappingTests() {}

  /**
   * Notes a request.
   *
   * @param source whose it is
   * @param askedAt our endpoint that it came to
   * @return whether it is one of the later tests, which go to the alternate address; never with a
   *     FINGERPRINT, which those clients do not know and ours always sends
   */
  public synchronized boolean isLater(
      StunMessage request, InetAddress source, InetSocketAddress askedAt, Instant now) {
    if (request.has(StunAttribute.Fingerprint.class)) {
      return false;
    }
    if (request.has(StunAttribute.ChangeRequest.class)) {
      // That is §4.4, before which or after which one may begin anywhere.
      firsts.remove(source);
      return false;
    }
    First first = firsts.get(source);
    if (first != null && now.isBefore(first.until) && !first.at.equals(askedAt.getAddress())) {
      return true;
    }
    firsts.put(source, new First(askedAt.getAddress(), now.plus(SOON)));
    return false;
  }

  /** How many sources are remembered. */
  synchronized int sources() {
    return firsts.size();
  }
}
