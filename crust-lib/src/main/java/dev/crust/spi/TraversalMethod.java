package dev.crust.spi;

import dev.crust.Candidate;
import dev.crust.PeerId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.AsynchronousByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * A way to come to a direct path to a peer with whom signals can be exchanged already.
 * Implementations are found by {@link java.util.ServiceLoader}, or given to the endpoint's builder;
 * {@value #DIAL}, {@value #TCP_PUNCH} and {@value #UDP_PUNCH} are among them.
 *
 * <p>Each side tells the other which methods it has, so both know what the other is about to do.
 * All that {@linkplain #judge apply} set out at the agreed start of each round, one rank after the
 * other, until there is a path. What a method comes to is authenticated by the endpoint as any
 * other path is: it can lead nowhere but to the peer.
 *
 * <p>One instance may serve several endpoints and peers at once: what belongs to one of them lives
 * in the {@link Effort} that {@link #start} returns. No call of a method that was added comes on a
 * thread that carries data, and what it throws costs it that round.
 *
 * <p>Where a peer says that it may be met is a claim: a method that sends there on its word alone
 * should send little, so that nobody can have us flood others. {@link Site#observed} says more.
 */
public interface TraversalMethod {
  /** The name of the method by which one side dials the other, perhaps at its bidding. */
  String DIAL = "dial";

  /** The name of TCP simultaneous open (RFC 5128 §3.4). */
  String TCP_PUNCH = "tcp-punch";

  /** The name of UDP hole punching (RFC 5128 §3.3). */
  String UDP_PUNCH = "udp-punch";

  /** How much later than those of one rank those of the next set out. */
  Duration RANK_INTERVAL = Duration.ofSeconds(1);

  /** The longest name, in characters. */
  int MAX_NAME = 32;

  /**
   * The name by which peers know it, and users: lower-case letters, digits and hyphens. Where two
   * methods have one name, the one that the builder was given counts, or the first found.
   */
  String name();

  /** Who must have the method. */
  Needs needs();

  /**
   * Whether the method is worth a try. A function of the round alone, so that both sides of one
   * that needs both come to the same; one that needs only this side may ask more.
   *
   * @param round with {@link Round#roundTrip} zero and {@link Round#start} unknown, if it is not
   *     agreed on yet
   */
  Verdict judge(Round round);

  /** Begins to look for a path to one peer. Called before the first round for which it applies. */
  Effort start(Site site);

  /** Who must have a method. */
  enum Needs {
    /** This side: the peer does nothing but what it does anyway, such as to listen. */
    ONE_SIDE,
    /** Both: it is tried only if the peer has one of that name, too. */
    BOTH_SIDES
  }

  /** Whether a method is worth a try. */
  sealed interface Verdict {
    /**
     * It is.
     *
     * @param rank 0 to 9: it sets out {@link #RANK_INTERVAL} later for each, if there is no path by
     *     then
     */
    record Applies(int rank) implements Verdict {
      /** Checks the rank. */
      public Applies {
        if (rank < 0 || rank > 9) {
          throw new IllegalArgumentException("a rank is 0 to 9, not " + rank);
        }
      }
    }

    /**
     * It is not.
     *
     * @param why for people, a clause without a full stop; empty if nobody would ask
     */
    record DoesNot(String why) implements Verdict {}
  }

  /** What a method does for one endpoint and peer. Called by one thread at a time. */
  interface Effort extends AutoCloseable {
    /**
     * Both sides know of each other, and the peer does nothing before a signal that follows has
     * come to it: the time to open what must be open by then.
     */
    default void prepare(Round round) {}

    /**
     * A round was agreed on, which may still be to come: {@link Round#start} says when to set out.
     * One that was begun before is over.
     */
    void begin(Round round);

    /**
     * There is a direct path: there is no need for another, unless it would be better. What was
     * handed to the {@link Site} stays. Closes, unless a method knows better.
     */
    default void settle() {
      close();
    }

    /** Frees what it holds. Nothing more is asked of it. Idempotent. */
    @Override
    void close();
  }

  /** The endpoint, for one effort. Thread-safe; no call blocks. */
  interface Site {
    /** The endpoint. */
    PeerId self();

    /** To whom a path is looked for. */
    PeerId peer();

    /** Where others of our choice saw the peer when the round began: no claim of its own. */
    Set<InetAddress> observed();

    /** The time by the clock of {@link Round#start}, which is not that of the system. */
    Instant now();

    /** Calls the effort's code at this time, or at once if it has passed, unless it is closed. */
    void at(Instant time, Runnable task);

    /** Threads for what takes its time. */
    Executor executor();

    /**
     * The peer may be met there: the endpoint dials it. In each round and by each transport, four
     * addresses are dialled at most, and one where nobody of our choice has seen the peer.
     */
    void dial(Candidate candidate);

    /**
     * Something leads to the peer: the endpoint does TLS on it, and closes it if anybody else
     * answers.
     */
    void connected(Wire wire);

    /**
     * Nothing has come of a round, or what has is closed again. Ignored if that round is over.
     *
     * @param sentence for people, a clause without a full stop
     */
    void failed(Round round, String sentence, Next next);
  }

  /** What is to follow when a round has failed. */
  enum Next {
    /** Another round, whatever else is under way. */
    AT_ONCE,
    /** Another round, when all other methods have failed, too. */
    WITH_OTHERS,
    /** Nothing: another round would come to the same. */
    NOTHING
  }

  /** What is at the other end of a wire. */
  enum FarEnd {
    /** Where the peer listens for TCP: we are the client of TLS. */
    LISTENER,
    /** The peer's effort, which hands its end in as well: the controlling side is the client. */
    EFFORT
  }

  /**
   * A two-way flow of bytes that somebody else keeps, such as a connected {@link
   * java.nio.channels.AsynchronousSocketChannel}. The endpoint reads and writes by one call of each
   * kind at a time, on its executor, and closes it.
   *
   * @param bytes nothing was read from it that was meant for the endpoint
   * @param local our end, for people
   * @param remote the other end, for people: the peer's as far as it is known, else what leads
   *     there
   * @param farEnd what is at the other end
   */
  record Wire(
      AsynchronousByteChannel bytes,
      InetSocketAddress local,
      InetSocketAddress remote,
      FarEnd farEnd) {
    /** Checks that both ends are addresses with a port. */
    public Wire {
      for (InetSocketAddress end : List.of(local, remote)) {
        if (end.isUnresolved() || end.getAddress().isAnyLocalAddress() || end.getPort() == 0) {
          throw new IllegalArgumentException("'" + end + "' is no end of a wire");
        }
      }
    }
  }
}
