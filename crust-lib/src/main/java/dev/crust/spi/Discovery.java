package dev.crust.spi;

import dev.crust.Candidate;
import dev.crust.CrustAddress;
import dev.crust.PeerId;
import java.util.List;

/**
 * A way to find peers. Implementations are found by {@link java.util.ServiceLoader}, or given to
 * the endpoint's builder; the beacon is one of them.
 *
 * <p>One instance may serve several endpoints at once: what belongs to one endpoint lives in the
 * {@link Search} that {@link #start} returns.
 */
public interface Discovery {
  /** The name under which its finds are reported: a lower-case word. */
  String name();

  /**
   * Starts to look for peers on behalf of an endpoint, and to let it be found. Returns quickly;
   * sockets are opened by threads of its own.
   */
  Search start(Site site);

  /** A search under way. */
  interface Search extends AutoCloseable {
    /** The endpoint's candidates may have changed. */
    void candidatesChanged();

    /** Ends the search and frees what it holds. Idempotent. */
    @Override
    void close();
  }

  /** The endpoint on whose behalf a search runs. Thread-safe; no call blocks. */
  interface Site {
    /** The endpoint. */
    PeerId self();

    /**
     * The name of its network. A search must not tell it to others, nor report peers of another.
     */
    String network();

    /** Where the endpoint listens now. */
    List<Candidate> candidates();

    /**
     * A peer was found. Repeated finds are fine; the endpoint itself is ignored.
     *
     * @param address who and where
     * @param hops 1 if the peer was heard itself
     */
    void discovered(CrustAddress address, int hops);

    /** Something that the endpoint's user should know: one sentence. */
    void warn(String sentence);
  }
}
