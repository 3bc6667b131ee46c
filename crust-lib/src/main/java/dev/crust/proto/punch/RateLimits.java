package dev.crust.proto.punch;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Token buckets, one for each of the keys seen last. A key that was forgotten begins with a full
 * bucket, so the memory must hold more keys than can fill theirs again meanwhile.
 *
 * @param <K> who is limited
 */
public final class RateLimits<K> {
  private static final class Bucket {
    double tokens;
    Instant filled;

    Bucket(double tokens, Instant filled) {
      this.tokens = tokens;
      this.filled = filled;
    }
  }

  private final int burst;
  private final double perSecond;
  private final Map<K, Bucket> buckets;

  /** So many at once and so many a second for each key; so many keys are remembered. */
  public RateLimits(int burst, double perSecond, int capacity) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.buckets =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<K, Bucket> eldest) {
            return size() > capacity;
          }
        };
  }

  /** Takes a token of this key, if there is one. */
  public boolean allows(K key, Instant now) {
    Bucket bucket = buckets.computeIfAbsent(key, fresh -> new Bucket(burst, now));
    if (now.isAfter(bucket.filled)) {
      double seconds = Duration.between(bucket.filled, now).toNanos() / 1e9;
      bucket.tokens = Math.min(burst, bucket.tokens + seconds * perSecond);
      bucket.filled = now;
    }
    if (bucket.tokens < 1) {
      return false;
    }
    bucket.tokens--;
    return true;
  }
}
