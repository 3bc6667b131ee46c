package dev.crust.proto.guard;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Token buckets: one for each source, of the latest 256 of them, and one for all together. Confined
 * to one thread.
 */
public final class RateLimit {
  static final int MAX_SOURCES = 256;

  private final Rate each;
  private final Bucket all;
  private final LinkedHashMap<InetAddress, Bucket> sources =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Bucket> eldest) {
          return size() > MAX_SOURCES;
        }
      };

  /** Nobody has taken anything yet. */
  public RateLimit(Rate each, Rate all) {
    this.each = each;
    this.all = new Bucket(all);
  }

  /** Takes a token of the source and one of all, if both are there. */
  public boolean allows(InetAddress source, Instant now) {
    return sources.computeIfAbsent(source, unknown -> new Bucket(each)).take(now) && all.take(now);
  }

  /** How many sources are remembered. */
  int sources() {
    return sources.size();
  }

  /** So many at once, and so many a second in the long run. */
  public record Rate(int burst, int perSecond) {}

  /** One bucket; also of use alone. Confined to one thread. */
  public static final class Bucket {
    private final Rate rate;
    private double tokens;
    private Instant filled = Instant.MIN;

    /** A full one. */
    public Bucket(Rate rate) {
      this.rate = rate;
      this.tokens = rate.burst();
    }

    /** Takes a token if there is one. */
    public boolean take(Instant now) {
      if (!filled.equals(Instant.MIN)) {
        double seconds = Duration.between(filled, now).toNanos() / 1e9;
        tokens = Math.min(rate.burst(), tokens + seconds * rate.perSecond());
      }
      filled = now;
      if (tokens < 1) {
        return false;
      }
      tokens--;
      return true;
    }
  }
}
