package dev.crust.proto.punch;

import dev.crust.proto.punch.PunchReport.Outcome;
import dev.crust.spi.TraversalCandidate;
import java.time.Duration;
import java.time.Instant;

/** What a {@link TcpPunch} knows of one address of the peer's. */
final class TcpRemote {
  /** How it stands with it. */
  enum State {
    /** It is to be dialled when its time comes. */
    DUE,
    /** A dial is under way. */
    DIALLING,
    /** There is a connection, which waits to be chosen. */
    CONNECTED,
    /** TLS is under way. */
    SECURING,
    /** Nothing more is to be done. */
    GIVEN_UP
  }

  TraversalCandidate candidate;
  State state = State.GIVEN_UP;
  Instant due = Instant.MAX;
  int dials;
  int dialsOfRound;
  Instant began = Instant.MAX;
  Instant ended = Instant.MAX;
  Outcome outcome = Outcome.OPEN;

  TcpRemote(TraversalCandidate candidate) {
    this.candidate = candidate;
  }

  boolean connected() {
    return state == State.CONNECTED || state == State.SECURING;
  }

  /** For the report. */
  PunchReport.Try since(Instant start) {
    return new PunchReport.Try(
        candidate, Duration.between(start, began), Duration.between(start, ended), outcome, dials);
  }
}
