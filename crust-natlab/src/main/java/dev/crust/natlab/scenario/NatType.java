package dev.crust.natlab.scenario;

import java.util.List;
import java.util.Locale;

/**
 * A kind of router, told by its behaviour: kernel rules and simulator derive from this one value.
 *
 * <p>Immutable and thread-safe. The name is the text form.
 *
 * @param name the name in scenarios, such as {@code port-restricted} or {@code symmetric-seq:2}
 * @param mapping what an outside port is shared by
 * @param filtering whose packets are let in
 * @param ports how outside ports are chosen; of no effect if nothing is mapped
 * @param outbound what is let out
 */
public record NatType(
    String name, Mapping mapping, Filtering filtering, PortAllocation ports, Outbound outbound) {

  private static final PortAllocation PRESERVED = new PortAllocation.Preserved();
  private static final PortAllocation RANDOM = new PortAllocation.Random();

  /** A plain router: public addresses behind it, nothing filtered. */
  public static final NatType NONE =
      new NatType("none", Mapping.NONE, Filtering.NONE, PRESERVED, Outbound.ALL);

  /** A stateful firewall: public addresses behind it. */
  public static final NatType FW =
      new NatType(
          "fw", Mapping.NONE, Filtering.ADDRESS_AND_PORT_DEPENDENT, PRESERVED, Outbound.ALL);

  /** Endpoint-independent mapping and filtering. */
  public static final NatType FULL_CONE =
      independent("full-cone", Filtering.ENDPOINT_INDEPENDENT, PRESERVED, Outbound.ALL);

  /** Endpoint-independent mapping, address-dependent filtering. */
  public static final NatType ADDR_RESTRICTED =
      independent("addr-restricted", Filtering.ADDRESS_DEPENDENT, PRESERVED, Outbound.ALL);

  /** Endpoint-independent mapping, address-and-port-dependent filtering. */
  public static final NatType PORT_RESTRICTED =
      independent("port-restricted", Filtering.ADDRESS_AND_PORT_DEPENDENT, PRESERVED, Outbound.ALL);

  /** As {@link #PORT_RESTRICTED}, with a random port for each inside endpoint. */
  public static final NatType EIM_RANDOM =
      independent("eim-random", Filtering.ADDRESS_AND_PORT_DEPENDENT, RANDOM, Outbound.ALL);

  /**
   * Linux's bare masquerade: each connection is mapped for itself, to its inside port while the
   * kernel's table has no entry in the way.
   */
  public static final NatType LINUX = dependent("linux", PRESERVED);

  /** A random port for each remote address. */
  public static final NatType ADDR_SYMMETRIC =
      new NatType(
          "addr-symmetric",
          Mapping.ADDRESS_DEPENDENT,
          Filtering.ADDRESS_AND_PORT_DEPENDENT,
          RANDOM,
          Outbound.ALL);

  /** A random port for each remote address and port. */
  public static final NatType SYMMETRIC = dependent("symmetric", RANDOM);

  /** The next port for each remote address and port, in steps of 1. */
  public static final NatType SYMMETRIC_SEQ = symmetricSeq(1);

  /** As {@link #PORT_RESTRICTED}, and lets only TCP out. */
  public static final NatType UDP_BLOCKED =
      independent("udp-blocked", Filtering.ADDRESS_AND_PORT_DEPENDENT, PRESERVED, Outbound.TCP);

  /** As {@link #PORT_RESTRICTED}, and lets only TCP to port 443 out. */
  public static final NatType TCP_443_ONLY =
      independent(
          "tcp-443-only", Filtering.ADDRESS_AND_PORT_DEPENDENT, PRESERVED, Outbound.TCP_443);

  /** The next port for each remote address and port, in the given steps (1 to 4096). */
  public static NatType symmetricSeq(int step) {
    return dependent(
        step == 1 ? "symmetric-seq" : "symmetric-seq:" + step, new PortAllocation.Sequential(step));
  }

  /** Every type there is, from open to closed; {@link #symmetricSeq} by step 1. */
  public static List<NatType> all() {
    return List.of(
        NONE,
        FW,
        FULL_CONE,
        ADDR_RESTRICTED,
        PORT_RESTRICTED,
        EIM_RANDOM,
        LINUX,
        ADDR_SYMMETRIC,
        SYMMETRIC,
        SYMMETRIC_SEQ,
        UDP_BLOCKED,
        TCP_443_ONLY);
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if it names no type; the message lists those that exist
   */
  public static NatType parse(String text) {
    String word = text.toLowerCase(Locale.ROOT);
    if (word.startsWith("symmetric-seq:")) {
      return symmetricSeq(Quantity.integer(word.substring("symmetric-seq:".length())));
    }
    return all().stream()
        .filter(type -> type.name.equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' is no NAT type; there are %s, and symmetric-seq:STEP"
                        .formatted(text, String.join(", ", names()))));
  }

  /** Whether addresses are translated, so that hosts behind it have private ones. */
  public boolean translates() {
    return mapping != Mapping.NONE;
  }

  private static List<String> names() {
    return all().stream().map(NatType::name).toList();
  }

  private static NatType independent(
      String name, Filtering filtering, PortAllocation ports, Outbound outbound) {
    return new NatType(name, Mapping.ENDPOINT_INDEPENDENT, filtering, ports, outbound);
  }

  private static NatType dependent(String name, PortAllocation ports) {
    return new NatType(
        name,
        Mapping.ADDRESS_AND_PORT_DEPENDENT,
        Filtering.ADDRESS_AND_PORT_DEPENDENT,
        ports,
        Outbound.ALL);
  }

  /** The name. */
  @Override
  public String toString() {
    return name;
  }
}
