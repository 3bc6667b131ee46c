package dev.crust.natlab.verify;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The properties of one NAT, in words, as a table shows them.
 *
 * @param mapping UDP mapping (RFC 4787 §4.1), or {@code blocked}
 * @param filtering UDP filtering (RFC 4787 §5)
 * @param ports UDP port allocation
 * @param tcpMapping TCP mapping, or {@code blocked}
 * @param tcpPorts TCP port allocation
 * @param freshSeconds how long an unproven UDP mapping lives: between these two, in seconds
 * @param provenSeconds how long a proven one lives
 * @param hairpin {@code yes}, {@code no} or {@code -}
 */
public record NatFacts(
    String mapping,
    String filtering,
    String ports,
    String tcpMapping,
    String tcpPorts,
    String freshSeconds,
    String provenSeconds,
    String hairpin) {

  /** What {@code udp-blocked} shows of itself by UDP. */
  static final String BLOCKED = "blocked";

  /** Nothing to be said. */
  static final String NOTHING = "-";

  /** The properties by name, in a fixed order. */
  Map<String, String> words(boolean lifetimes) {
    Map<String, String> words = new LinkedHashMap<>();
    words.put("mapping", mapping);
    words.put("filtering", filtering);
    words.put("ports", ports);
    words.put("tcp mapping", tcpMapping);
    words.put("tcp ports", tcpPorts);
    words.put("hairpin", hairpin);
    if (lifetimes) {
      words.put("fresh, s", freshSeconds);
      words.put("proven, s", provenSeconds);
    }
    return words;
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
