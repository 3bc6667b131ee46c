package dev.crust.driver;

import dev.crust.Endpoint;
import dev.crust.Event;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Passes an endpoint's events on to its subscribers, in order, each at its own pace, on the user's
 * executor. Thread-safe; {@link #publish} never waits.
 */
final class EventFeed implements Flow.Publisher<Event> {
  private final Executor executor;
  private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private Event.@Nullable Listening listening;

  EventFeed(Executor executor) {
    this.executor = executor;
  }

  /** Tells every subscriber. */
  void publish(Event event) {
    publish(event, () -> {});
  }

  /**
   * Tells every subscriber.
   *
   * @param told called once, when all those who take every event at once have been told
   */
  synchronized void publish(Event event, Runnable told) {
    if (event instanceof Event.Listening latest) {
      listening = latest;
    }
    AtomicInteger untold = new AtomicInteger(1);
    Runnable countDown =
        () -> {
          if (untold.decrementAndGet() == 0) {
            told.run();
          }
        };
    for (Subscription subscription : subscriptions) {
      untold.incrementAndGet();
      subscription.offer(new Entry(event, countDown));
    }
    countDown.run();
  }

  private record Entry(Event event, Runnable told) {
    static Entry of(Event event) {
      return new Entry(event, () -> {});
    }
  }

  /** No more events: every subscriber completes when it has seen those before. */
  synchronized void close() {
    subscriptions.forEach(Subscription::complete);
  }

  @Override
  public synchronized void subscribe(Flow.Subscriber<? super Event> subscriber) {
    Subscription subscription = new Subscription(subscriber);
    if (listening != null) {
      subscription.offer(Entry.of(listening));
    }
    subscriptions.add(subscription);
    subscription.begin();
  }

  /** Subscribes a listener that takes everything. */
  void listen(Consumer<? super Event> listener) {
    subscribe(
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
          }

          @Override
          public void onNext(Event event) {
            try {
              listener.accept(event);
            } catch (RuntimeException | Error e) {
              Thread thread = Thread.currentThread();
              thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
            }
          }

          @Override
          public void onError(Throwable thrown) {}

          @Override
          public void onComplete() {}
        });
  }

  /**
   * One subscriber's queue. Whoever finds it idle and with work sets a task off; one task runs at a
   * time.
   */
  private final class Subscription implements Flow.Subscription {
    private final Flow.Subscriber<? super Event> subscriber;
    private final ArrayDeque<Entry> queue = new ArrayDeque<>();
    private long demand;
    private long missed;
    private boolean begun;
    private boolean running;
    private boolean completed;
    private boolean cancelled;
    private @Nullable IllegalArgumentException refused;

    Subscription(Flow.Subscriber<? super Event> subscriber) {
      this.subscriber = subscriber;
    }

    synchronized void offer(Entry entry) {
      boolean full = queue.size() >= Endpoint.EVENT_BACKLOG;
      if (cancelled || completed || full) {
        missed += full ? 1 : 0;
        entry.told.run();
        return;
      }
      if (missed > 0) {
        queue.add(Entry.of(new Event.Missed(missed)));
        missed = 0;
      }
      if (demand == Long.MAX_VALUE) {
        queue.add(entry);
      } else {
        // Whoever asks for events one by one must not hold up those who do not.
        queue.add(Entry.of(entry.event));
        entry.told.run();
      }
      schedule();
    }

    synchronized void complete() {
      completed = true;
      schedule();
    }

    synchronized void begin() {
      running = true;
      executor.execute(
          () -> {
            subscriber.onSubscribe(this);
            synchronized (this) {
              begun = true;
            }
            drain();
          });
    }

    @Override
    public synchronized void request(long count) {
      if (count <= 0) {
        refused = new IllegalArgumentException("a request for " + count + " events");
      } else {
        demand = demand + count < 0 ? Long.MAX_VALUE : demand + count;
      }
      schedule();
    }

    @Override
    public synchronized void cancel() {
      cancelled = true;
      queue.forEach(entry -> entry.told.run());
      queue.clear();
      subscriptions.remove(this);
    }

    private void schedule() {
      if (begun && !running && !cancelled) {
        running = true;
        executor.execute(this::drain);
      }
    }

    private void drain() {
      while (true) {
        Entry next;
        synchronized (this) {
          if (cancelled) {
            running = false;
            return;
          }
          if (refused != null || (queue.isEmpty() && completed)) {
            break;
          }
          if (demand == 0 || queue.isEmpty()) {
            running = false;
            return;
          }
          if (demand != Long.MAX_VALUE) {
            demand--;
          }
          next = queue.remove();
        }
        subscriber.onNext(next.event);
        next.told.run();
      }
      cancel();
      if (refused != null) {
        subscriber.onError(refused);
      } else {
        subscriber.onComplete();
      }
    }
  }
}
