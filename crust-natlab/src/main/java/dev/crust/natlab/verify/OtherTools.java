package dev.crust.natlab.verify;

import static dev.crust.natlab.verify.NatFacts.BLOCKED;
import static dev.crust.natlab.verify.NatFacts.NOTHING;

import dev.crust.natlab.kernel.Host;
import dev.crust.natlab.kernel.HostProcess;
import dev.crust.natlab.kernel.LabException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What other people's tools say of the NAT in front of a host: coturn's {@code
 * turnutils_natdiscovery} (RFC 5780), and {@code stun} of stun-client (RFC 3489's types).
 */
final class OtherTools {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int NO_SUCH_PROGRAM = 127;

  private static final String MAPPING = "mapping, natdiscovery";
  private static final String FILTERING = "filtering, natdiscovery";
  private static final String STUN = "type, stun";
  private static final String STUN_PORTS = "ports, stun";

  private OtherTools() {}

  /** Asks them, one after the other, on a host. */
  static Map<String, String> ask(Host host, String server) throws InterruptedException {
    String own = host.address().getHostAddress();
    String discovery = run(host, "turnutils_natdiscovery", "-m", "-f", "-L", own, server);
    String stun = run(host, "stun", server);
    boolean answered = discovery.contains("RFC 5780 response");
    Map<String, String> words = new LinkedHashMap<>();
    words.put(
        MAPPING,
        !answered
            ? BLOCKED
            : discovery.contains("No NAT!") ? "none" : named(discovery, "NAT with (.+) Mapping!"));
    words.put(FILTERING, answered ? named(discovery, "NAT with (.+) Filtering!") : NOTHING);
    String primary = named(stun, "Primary: (.+?)\\s*(?:, no hairpin|, will hairpin)?\\s*\n");
    Matcher ports = Pattern.compile("(.+?),-(preserves-ports|random-port)").matcher(primary);
    boolean told = ports.matches();
    words.put(STUN, told ? ports.group(1) : primary);
    words.put(STUN_PORTS, told ? ports.group(2) : NOTHING);
    return words;
  }

  /** What they must say of a NAT that is so. */
  static Map<String, String> wordsFor(NatFacts facts) {
    boolean blocked = facts.mapping().equals(BLOCKED);
    boolean translated = !blocked && !facts.mapping().equals("none");
    Map<String, String> words = new LinkedHashMap<>();
    words.put(MAPPING, facts.mapping());
    words.put(FILTERING, facts.filtering());
    words.put(STUN, stunType(facts));
    // It knows no third way; what is not preserved is random to it.
    words.put(
        STUN_PORTS,
        !translated
            ? NOTHING
            : facts.ports().equals("preserved") ? "preserves-ports" : "random-port");
    return words;
  }

  private static String stunType(NatFacts facts) {
    boolean open = facts.filtering().equals("endpoint-independent");
    return switch (facts.mapping()) {
      case BLOCKED -> "blocked-or-could-not-reach-stun-server";
      case "none" -> open ? "open" : "firewall";
      case "endpoint-independent" ->
          "independent-mapping,-"
              + switch (facts.filtering()) {
                case "endpoint-independent" -> "independent-filter";
                case "address-dependent" -> "address-dependent-filter";
                default -> "port-dependent-filter";
              };
      default -> "dependent-mapping";
    };
  }

  private static String named(String text, String regex) {
    Matcher matcher = Pattern.compile(regex).matcher(text);
    return matcher.find()
        ? matcher.group(1).strip().toLowerCase(Locale.ROOT).replace(' ', '-')
        : "says nothing";
  }

  private static String run(Host host, String... command) throws InterruptedException {
    HostProcess process = host.start(command);
    if (process.await(PATIENCE) == NO_SUCH_PROGRAM) {
      throw new LabException("this needs " + command[0] + ", of the package coturn or stun-client");
    }
    return process.output() + process.errors();
  }
}
