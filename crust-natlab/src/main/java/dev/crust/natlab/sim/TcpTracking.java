package dev.crust.natlab.sim;

import dev.crust.natlab.sim.Packet.Tcp;
import java.time.Duration;

/**
 * A TCP connection as a router on the way sees it: Linux's connection tracking, as far as it
 * decides what passes (net/netfilter/nf_conntrack_proto_tcp.c).
 *
 * <p>"Original" is the direction of the first packet. The trap for those who punch is {@code
 * SYN_SENT2}: once SYNs have crossed, the router insists on the sequence numbers of these two, so a
 * new attempt from the same port is invalid until the entry is gone.
 */
final class TcpTracking {
  private enum State {
    SYN_SENT(120),
    SYN_SENT2(120),
    SYN_RECEIVED(60),
    ESTABLISHED(432_000),
    FIN_WAIT(120),
    LAST_ACK(30),
    TIME_WAIT(120),
    CLOSE(10);

    final Duration timeout;

    State(int seconds) {
      timeout = Duration.ofSeconds(seconds);
    }
  }

  /** What a packet is to an entry. */
  enum Verdict {
    /** Part of it. */
    VALID,
    /** None of it, and not a beginning. */
    INVALID,
    /** The beginning of another connection, in place of this one. */
    NEW
  }

  private State state;
  private int originalIsn;
  private int replyIsn;
  private boolean originalFin;
  private boolean replyFin;

  /** From the first packet; one that is not a SYN picks up a connection under way. */
  TcpTracking(Tcp first) {
    state = first.syn() && !first.ack() ? State.SYN_SENT : State.ESTABLISHED;
    originalIsn = first.sequence();
  }

  /** Whether a packet may be the first of an entry. */
  static boolean mayBegin(Tcp segment) {
    return !segment.rst() && (!segment.syn() || !segment.ack());
  }

  Duration timeout() {
    return state.timeout;
  }

  Verdict on(Tcp segment, boolean original) {
    if (segment.rst()) {
      state = State.CLOSE;
      return Verdict.VALID;
    }
    return segment.syn() ? onSyn(segment, original) : onOther(segment, original);
  }

  private Verdict onSyn(Tcp segment, boolean original) {
    return switch (state) {
      case SYN_SENT -> firstSyn(segment, original);
      case SYN_SENT2 -> {
        boolean known = segment.sequence() == (original ? originalIsn : replyIsn);
        if (known && segment.ack()) {
          state = State.SYN_RECEIVED;
        }
        yield known ? Verdict.VALID : Verdict.INVALID;
      }
      case CLOSE -> original && !segment.ack() ? Verdict.NEW : Verdict.INVALID;
      case TIME_WAIT -> segment.ack() ? Verdict.VALID : Verdict.NEW;
      default -> original || segment.ack() ? Verdict.VALID : Verdict.INVALID;
    };
  }

  private Verdict firstSyn(Tcp segment, boolean original) {
    if (original) {
      originalIsn = segment.sequence();
      return segment.ack() ? Verdict.INVALID : Verdict.VALID;
    }
    replyIsn = segment.sequence();
    state = segment.ack() ? State.SYN_RECEIVED : State.SYN_SENT2;
    return Verdict.VALID;
  }

  private Verdict onOther(Tcp segment, boolean original) {
    if (state == State.SYN_SENT && original) {
      return Verdict.INVALID;
    }
    if (segment.fin()) {
      originalFin |= original;
      replyFin |= !original;
      state = originalFin && replyFin ? State.LAST_ACK : State.FIN_WAIT;
    } else if (state == State.SYN_RECEIVED && original) {
      state = State.ESTABLISHED;
    } else if (state == State.LAST_ACK) {
      state = State.TIME_WAIT;
    }
    return Verdict.VALID;
  }

  @Override
  public String toString() {
    return state.name();
  }
}
