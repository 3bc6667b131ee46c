package dev.crust.natlab.sim;

/** Why a TCP connection failed. */
public enum TcpFailure {
  /** RST or ICMP port unreachable in answer to a SYN (ECONNREFUSED). */
  REFUSED,
  /** RST later (ECONNRESET). */
  RESET,
  /** No answer (ETIMEDOUT). */
  TIMED_OUT,
  /** No way there (EHOSTUNREACH). */
  UNREACHABLE,
  /** The same two ends have a connection already (EADDRNOTAVAIL). */
  IN_USE
}
