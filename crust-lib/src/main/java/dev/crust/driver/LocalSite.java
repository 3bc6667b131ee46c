package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.PeerId;
import dev.crust.Transport;
import dev.crust.io.Outgoing;
import dev.crust.spi.Round;
import dev.crust.spi.TraversalCandidate;
import dev.crust.spi.TraversalMethod;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;

/**
 * This endpoint, for one effort of a method. What others may call is thread-safe; what methods of
 * our own need beyond is for the control loop.
 */
final class LocalSite implements TraversalMethod.Site {
  /** To what an effort belongs. */
  record Belonging(
      PeerId peer,
      EndpointContext context,
      Traversals all,
      Traversal.Course course,
      Results results) {}

  private final Belonging belonging;
  private final String method;
  private final Executor runs;
  private final BiConsumer<Round, Failing> ear;
  private volatile boolean closed;

  /**
   * One for an effort.
   *
   * @param method its name
   * @param runs where its code runs
   * @param ear hears, on the control loop, what has failed
   */
  LocalSite(Belonging belonging, String method, Executor runs, BiConsumer<Round, Failing> ear) {
    this.belonging = belonging;
    this.method = method;
    this.runs = runs;
    this.ear = ear;
  }

  EndpointContext context() {
    return belonging.context;
  }

  Traversals all() {
    return belonging.all;
  }

  Traversal.Course course() {
    return belonging.course;
  }

  /** Those of the peer's addresses that may be dialled. */
  List<InetSocketAddress> dialable(List<TraversalCandidate> told) {
    return belonging.all.dialable(belonging.peer, told);
  }

  /** A dial of the method's own. */
  void keep(Transport transport, Outgoing dial) {
    belonging.results.keep(transport, dial);
  }

  /** The effort is closed. */
  void close() {
    closed = true;
  }

  @Override
  public PeerId self() {
    return belonging.context.self();
  }

  @Override
  public PeerId peer() {
    return belonging.peer;
  }

  @Override
  public Set<InetAddress> observed() {
    return belonging.results.observed();
  }

  @Override
  public Instant now() {
    return belonging.context.now();
  }

  @Override
  public void at(Instant time, Runnable task) {
    Runnable unlessClosed =
        () -> {
          if (!closed) {
            task.run();
          }
        };
    try {
      context().at(time, context().control(), () -> runs.execute(unlessClosed));
    } catch (RejectedExecutionException endpointClosed) {
      // Nothing is to be done at any time.
      return;
    }
  }

  @Override
  public Executor executor() {
    return belonging.context.userExecutor();
  }

  @Override
  public void dial(Candidate candidate) {
    onControl(() -> belonging.results.dial(candidate));
  }

  @Override
  public void connected(TraversalMethod.Wire wire) {
    onControl(() -> belonging.results.connect(wire, method));
  }

  @Override
  public void failed(Round round, String sentence, TraversalMethod.Next next) {
    failed(round, Failing.of(sentence, next));
  }

  /** The same, with what was tried. */
  void failed(Round round, Failing what) {
    onControl(() -> ear.accept(round, what));
  }

  private void onControl(Runnable task) {
    if (context().control().inEventLoop()) {
      task.run();
    } else {
      context().onControl(task);
    }
  }
}
