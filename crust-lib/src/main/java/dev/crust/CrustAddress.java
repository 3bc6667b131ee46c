package dev.crust;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Who an endpoint is and where it may be reached, as one text that people can pass on: {@code
 * crust://PEERID/?tcp=198.51.100.10:4001&quic=198.51.100.10:4001&via=PEERID2}.
 *
 * @param peer the endpoint
 * @param candidates its addresses, in the order of their listing, at most {@value #MAX_CANDIDATES}
 * @param via peers that relay for it, or can introduce us to it, at most {@value #MAX_CANDIDATES}
 */
public record CrustAddress(PeerId peer, List<Candidate> candidates, List<PeerId> via) {
  /** As many candidates as an address may hold. */
  public static final int MAX_CANDIDATES = 16;

  private static final String SCHEME = "crust://";

  /** Copies the lists and checks their length. */
  public CrustAddress {
    candidates = List.copyOf(candidates);
    via = List.copyOf(via);
    if (candidates.size() > MAX_CANDIDATES || via.size() > MAX_CANDIDATES) {
      throw new IllegalArgumentException(
          "an address holds at most " + MAX_CANDIDATES + " candidates and as many introducers");
    }
  }

  /** The address of a peer with these candidates and no introducer. */
  public static CrustAddress of(PeerId peer, List<Candidate> candidates) {
    return new CrustAddress(peer, candidates, List.of());
  }

  /**
   * Reads the text form, or a bare peer id. Parameters that are unknown are skipped, as are
   * candidates of transports that this version does not speak.
   *
   * @throws IllegalArgumentException if the text is malformed; the message points at the wrong part
   */
  public static CrustAddress parse(String text) {
    if (!text.startsWith(SCHEME)) {
      if (text.contains(":") || text.contains("/")) {
        throw new IllegalArgumentException(
            "'" + text + "' does not begin with " + SCHEME + " and is no peer id");
      }
      return of(PeerId.parse(text), List.of());
    }
    String rest = text.substring(SCHEME.length());
    int slash = rest.indexOf('/');
    int question = rest.indexOf('?');
    int end = slash >= 0 ? slash : question >= 0 ? question : rest.length();
    PeerId peer = PeerId.parse(rest.substring(0, end));
    String path = question >= 0 ? rest.substring(end, question) : rest.substring(end);
    if (!path.isEmpty() && !path.equals("/")) {
      throw new IllegalArgumentException(
          "'" + path + "' after the peer id of '" + text + "' should be '/' or '/?'");
    }
    List<Candidate> candidates = new ArrayList<>();
    List<PeerId> via = new ArrayList<>();
    if (question >= 0 && question + 1 < rest.length()) {
      for (String parameter : rest.substring(question + 1).split("&", -1)) {
        read(parameter, candidates, via);
      }
    }
    return new CrustAddress(peer, candidates, via);
  }

  private static void read(String parameter, List<Candidate> candidates, List<PeerId> via) {
    int equals = parameter.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("'" + parameter + "' is not of the form name=value");
    }
    String name = parameter.substring(0, equals);
    String value = parameter.substring(equals + 1);
    switch (name.toLowerCase(Locale.ROOT)) {
      case "tcp" -> candidates.add(Candidate.tcp(IpText.parse(value, "the candidate tcp=")));
      case "quic" -> candidates.add(Candidate.quic(IpText.parse(value, "the candidate quic=")));
      case "via" -> via.add(PeerId.parse(value));
      default -> {}
    }
  }

  /** The text form; {@link #parse} reads it back. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(SCHEME).append(peer).append('/');
    char separator = '?';
    for (Candidate candidate : candidates) {
      text.append(separator).append(candidate.transport()).append('=');
      text.append(IpText.format(candidate.address()));
      separator = '&';
    }
    for (PeerId introducer : via) {
      text.append(separator).append("via=").append(introducer);
      separator = '&';
    }
    return text.toString();
  }
}
