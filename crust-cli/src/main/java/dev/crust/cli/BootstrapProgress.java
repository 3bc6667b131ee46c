package dev.crust.cli;

import dev.crust.CrustAddress;
import dev.crust.Event;
import dev.crust.PeerId;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tells when the first of the configured endpoints is connected, and once if none of them could be.
 * Not thread-safe.
 */
final class BootstrapProgress {
  private final Set<PeerId> configured = new LinkedHashSet<>();
  private final Map<PeerId, Notice.BootstrapFailed.Tried> failed = new LinkedHashMap<>();
  private final Instant started;
  private boolean told;
  private boolean failureTold;

  BootstrapProgress(List<CrustAddress> configured, Instant started) {
    configured.forEach(address -> this.configured.add(address.peer()));
    this.started = started;
  }

  Optional<Notice> on(Event event, Instant now) {
    if (event instanceof Event.Connected it && configured.contains(it.connection().peer())) {
      return connected(it.connection().peer(), now);
    } else if (event instanceof Event.ConnectFailed it && configured.contains(it.peer())) {
      return failed(it);
    }
    return Optional.empty();
  }

  private Optional<Notice> connected(PeerId peer, Instant now) {
    if (told) {
      return Optional.empty();
    }
    told = true;
    return Optional.of(new Notice.Bootstrapped(peer, Duration.between(started, now)));
  }

  private Optional<Notice> failed(Event.ConnectFailed event) {
    failed.put(
        event.peer(),
        new Notice.BootstrapFailed.Tried(event.peer(), event.reason(), event.attempts()));
    if (told || failureTold || failed.size() < configured.size()) {
      return Optional.empty();
    }
    failureTold = true;
    return Optional.of(new Notice.BootstrapFailed(List.copyOf(failed.values())));
  }
}
