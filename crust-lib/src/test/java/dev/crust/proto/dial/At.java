package dev.crust.proto.dial;

import dev.crust.Candidate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Instant;

/** Addresses and times for tests. */
final class At {
  private At() {}

  static Candidate tcp(String ip) {
    return Candidate.tcp(socket(ip));
  }

  static Candidate quic(String ip) {
    return Candidate.quic(socket(ip));
  }

  static InetSocketAddress socket(String ip) {
    return new InetSocketAddress(ip(ip), 4001);
  }

  static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  static Instant ms(long millis) {
    return Instant.EPOCH.plusMillis(millis);
  }
}
