package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.Event;
import dev.crust.PeerId;
import dev.crust.spi.Discovery;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The searches for peers that are under way. Thread-safe. */
final class Searches {
  private final EndpointContext context;
  private final List<Discovery> discoveries;
  private final Supplier<List<Candidate>> candidates;
  private final List<Discovery.Search> running = new ArrayList<>();

  Searches(
      EndpointContext context, List<Discovery> discoveries, Supplier<List<Candidate>> candidates) {
    this.context = context;
    this.discoveries = discoveries;
    this.candidates = candidates;
  }

  /** Starts every discovery, unless they run. */
  synchronized void start() {
    if (running.isEmpty()) {
      discoveries.forEach(
          discovery -> running.add(discovery.start(new LocalSite(discovery.name()))));
    }
  }

  /** Ends every search. */
  synchronized void stop() {
    running.forEach(Discovery.Search::close);
    running.clear();
  }

  /** The endpoint's candidates have changed. */
  synchronized void candidatesChanged() {
    running.forEach(Discovery.Search::candidatesChanged);
  }

  private final class LocalSite implements Discovery.Site {
    private final String source;

    LocalSite(String source) {
      this.source = source;
    }

    @Override
    public PeerId self() {
      return context.self();
    }

    @Override
    public String network() {
      return context.network();
    }

    @Override
    public List<Candidate> candidates() {
      return candidates.get();
    }

    @Override
    public void discovered(CrustAddress address, int hops) {
      if (!address.peer().equals(context.self())) {
        context.feed().publish(new Event.Discovered(address, source, hops));
      }
    }

    @Override
    public void warn(String sentence) {
      context.feed().publish(new Event.Warning(sentence));
    }
  }
}
