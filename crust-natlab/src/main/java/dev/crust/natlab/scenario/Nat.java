package dev.crust.natlab.scenario;

/**
 * A router's behaviour in full: its type and the variations of it. Immutable and thread-safe.
 *
 * @param type mapping, filtering, ports
 * @param hairpin whether a packet from inside to a mapped outside port is turned round, unfiltered
 *     and with the sender's outside address and port (RFC 4787 §6)
 * @param unsolicited what meets packets that are let in to nobody
 * @param udpLifetime how long UDP mappings live
 * @param ipv6Firewall whether IPv6 is let in only in answer to what went out
 * @param upnp whether hosts may open ports by UPnP, NAT-PMP and PCP (miniupnpd)
 */
public record Nat(
    NatType type,
    boolean hairpin,
    Unsolicited unsolicited,
    UdpLifetime udpLifetime,
    boolean ipv6Firewall,
    boolean upnp) {

  /** The type without variations: drops the unsolicited, IPv6 firewalled, no hairpin, no UPnP. */
  public static Nat of(NatType type) {
    return new Nat(type, false, Unsolicited.DROP, defaultLifetime(type), true, false);
  }

  static UdpLifetime defaultLifetime(NatType type) {
    return type.equals(NatType.LINUX) ? UdpLifetime.LINUX : UdpLifetime.DEFAULT;
  }

  /** This, turning packets round. */
  public Nat withHairpin() {
    return new Nat(type, true, unsolicited, udpLifetime, ipv6Firewall, upnp);
  }

  /** This, with another answer to unsolicited packets. */
  public Nat withUnsolicited(Unsolicited answer) {
    return new Nat(type, hairpin, answer, udpLifetime, ipv6Firewall, upnp);
  }

  /** This, with another lifetime of UDP mappings. */
  public Nat withUdpLifetime(UdpLifetime lifetime) {
    return new Nat(type, hairpin, unsolicited, lifetime, ipv6Firewall, upnp);
  }

  /** This, letting all IPv6 in. */
  public Nat withoutIpv6Firewall() {
    return new Nat(type, hairpin, unsolicited, udpLifetime, false, upnp);
  }

  /** This, opening ports on request. */
  public Nat withUpnp() {
    return new Nat(type, hairpin, unsolicited, udpLifetime, ipv6Firewall, true);
  }
}
