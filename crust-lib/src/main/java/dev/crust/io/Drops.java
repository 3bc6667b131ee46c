package dev.crust.io;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a UDP port did not pass on, counted by kind. Thread-safe. */
public final class Drops {
  /** Why a datagram went no further. */
  public enum Kind {
    /** Neither STUN nor QUIC, and nobody wanted it. */
    NOISE,
    /** QUIC for no connection of ours, and unfit to begin one. */
    STRAY,
    /** For a connection that has ended. */
    LATE,
    /** For a connection, too often from elsewhere than its peer's address. */
    STRANGER,
    /** For a connection, from elsewhere than its peer's address, and not genuine. */
    FALSE_SOURCE,
    /** Would have been more than half as much again as what came from an unproven address. */
    AMPLIFICATION,
    /** STUN that cannot be read. */
    STUN_MALFORMED,
    /** STUN, too much of it. */
    STUN_LIMITED,
    /** The socket complained. */
    SOCKET_ERROR
  }

  private final Map<Kind, LongAdder> counts = new EnumMap<>(Kind.class);

  Drops() {
    for (Kind kind : Kind.values()) {
      counts.put(kind, new LongAdder());
    }
  }

  void count(Kind kind) {
    LongAdder adder = counts.get(kind);
    if (adder != null) {
      adder.increment();
    }
  }

  /** How many so far. */
  public long of(Kind kind) {
    LongAdder adder = counts.get(kind);
    return adder == null ? 0 : adder.sum();
  }

  /** All that are not 0. */
  public Map<Kind, Long> all() {
    Map<Kind, Long> all = new EnumMap<>(Kind.class);
    counts.forEach(
        (kind, adder) -> {
          if (adder.sum() > 0) {
            all.put(kind, adder.sum());
          }
        });
    return all;
  }
}
