package dev.crust.natlab.sim;

import java.time.Duration;

/**
 * The sending half of a TCP connection: a fixed window, cumulative acknowledgements, fast
 * retransmission, and the timer of RFC 6298 with Linux's bounds. No congestion control.
 */
final class TcpSender {
  private static final int WINDOW_SEGMENTS = 64;
  private static final int DUPLICATES = 3;
  private static final int RETRIES = 15;
  private static final long MIN_RTO = Duration.ofMillis(200).toNanos();
  private static final long MAX_RTO = Duration.ofMinutes(2).toNanos();

  private final SimTcpConnection connection;
  private final ByteQueue pending = new ByteQueue();
  private int acknowledged;
  private int next;
  private int mss;
  private boolean finishing;
  private boolean finSent;
  private int duplicates;
  private int retries;
  private int timer;
  private boolean running;
  private boolean recovering;
  private int recoverTo;
  private long smoothed;
  private long rto = Duration.ofSeconds(1).toNanos();
  private int timedSequence;
  private long timedAt = -1;

  TcpSender(SimTcpConnection connection, int first, int mss) {
    this.connection = connection;
    this.acknowledged = first;
    this.next = first;
    this.mss = mss;
  }

  /** The sequence number sent next. */
  int next() {
    return next;
  }

  int mss() {
    return mss;
  }

  /** A smaller packet size; what is under way is sent again in smaller pieces. */
  void mss(int bytes) {
    if (bytes < mss) {
      mss = bytes;
      rewind();
      pump();
    }
  }

  void write(byte[] data) {
    if (finishing) {
      throw new IllegalStateException("written after close");
    }
    pending.add(data);
  }

  void finish() {
    finishing = true;
  }

  /** Whether all is sent and acknowledged, FIN too. */
  boolean finished() {
    return finSent && pending.length() == 0 && next == acknowledged;
  }

  void stop() {
    timer++;
    running = false;
  }

  void pump() {
    while (sent() < pending.length() && sent() < WINDOW_SEGMENTS * mss) {
      int length = Math.min(mss, pending.length() - sent());
      byte[] data = pending.copy(sent(), length);
      if (timedAt < 0) {
        timedAt = connection.timeline().nanos();
        timedSequence = next + length;
      }
      int sequence = next;
      next += length;
      connection.transmitData(sequence, data, false);
    }
    if (finishing && !finSent && sent() == pending.length()) {
      finSent = true;
      int sequence = next++;
      connection.transmitData(sequence, new byte[0], true);
    }
    if (!running && next != acknowledged) {
      arm();
    }
  }

  void onAcknowledgement(int number, boolean bare) {
    int fresh = number - acknowledged;
    if (fresh == 0 && bare && next != acknowledged && ++duplicates == DUPLICATES) {
      repeatFirst();
    }
    if (fresh <= 0 || number - next > 0) {
      return;
    }
    if (timedAt >= 0 && number - timedSequence >= 0) {
      measured(connection.timeline().nanos() - timedAt);
      timedAt = -1;
    }
    acknowledged = number;
    pending.drop(Math.min(fresh, pending.length()));
    duplicates = 0;
    retries = 0;
    stop();
    if (recovering && recoverTo - number > 0) {
      repeatFirst();
    } else {
      recovering = false;
    }
    pump();
  }

  private int sent() {
    return next - acknowledged;
  }

  private void measured(long sample) {
    smoothed = smoothed == 0 ? sample : (7 * smoothed + sample) / 8;
    rto = Math.min(MAX_RTO, smoothed + Math.max(MIN_RTO, smoothed / 2));
  }

  private void arm() {
    running = true;
    int mine = ++timer;
    long wait = Math.min(MAX_RTO, rto << Math.min(retries, 16));
    connection
        .timeline()
        .at(
            connection.timeline().nanos() + wait,
            () -> {
              if (mine == timer) {
                onTimeout();
              }
            });
  }

  private void onTimeout() {
    running = false;
    if (++retries > RETRIES) {
      connection.fail(TcpFailure.TIMED_OUT);
      return;
    }
    repeatFirst();
    arm();
  }

  /**
   * Sends the first unacknowledged segment again, and the next hole as soon as this one is filled
   * (RFC 6582). Karn's rule: what was sent twice is not timed.
   */
  private void repeatFirst() {
    timedAt = -1;
    if (!recovering) {
      recovering = true;
      recoverTo = next;
    }
    int length = Math.min(mss, Math.min(pending.length(), sent()));
    boolean fin = length == 0 && finSent;
    connection.transmitData(acknowledged, pending.copy(0, length), fin);
  }

  private void rewind() {
    timedAt = -1;
    next = acknowledged;
    finSent = false;
  }
}
