package dev.crust.io.beacon;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import dev.crust.spi.Discovery;
import java.security.SecureRandom;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An endpoint that remembers what its beacon tells it. */
final class TestSite implements Discovery.Site {
  private final PeerId self;
  private final String network;
  private final Supplier<List<Candidate>> candidates;
  final BlockingQueue<CrustAddress> found = new LinkedBlockingQueue<>();
  final Queue<String> warnings = new ConcurrentLinkedQueue<>();

  TestSite(String network, Supplier<List<Candidate>> candidates) {
    byte[] key = new byte[PeerId.LENGTH];
    new SecureRandom().nextBytes(key);
    this.self = PeerId.of(key);
    this.network = network;
    this.candidates = candidates;
  }

  /** Waits until a peer was found; null if it takes longer than this. */
  @Nullable CrustAddress await(PeerId peer, long millis) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
      CrustAddress next = found.poll(left, TimeUnit.NANOSECONDS);
      if (next != null && next.peer().equals(peer)) {
        return next;
      }
    }
    return null;
  }

  @Override
  public PeerId self() {
    return self;
  }

  @Override
  public String network() {
    return network;
  }

  @Override
  public List<Candidate> candidates() {
    return candidates.get();
  }

  @Override
  public void discovered(CrustAddress address, int hops) {
    found.add(address);
  }

  @Override
  public void warn(String sentence) {
    warnings.add(sentence);
  }
}
