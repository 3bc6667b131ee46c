package dev.crust.proto.nat;

import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.NatBehaviour.Filtering;
import dev.crust.proto.stun.NatBehaviour.Mapping;
import dev.crust.proto.stun.PortAllocation;

/**
 * What stands between an endpoint and the Internet for one protocol, in the words of RFC 4787.
 *
 * @param outbound what is let out
 * @param mapping how inside addresses are mapped
 * @param filtering what is let in to a mapping
 * @param allocation how outside ports are chosen
 * @param reachability what peers found who dialled back
 */
public record Profile(
    Outbound outbound,
    Mapping mapping,
    Filtering filtering,
    PortAllocation allocation,
    Reachability reachability) {

  /** The largest step of a sequential allocation that is told, in either direction. */
  public static final int MAX_DELTA = 4096;

  /** Nothing is known. */
  public static final Profile UNKNOWN =
      new Profile(
          Outbound.UNKNOWN,
          Mapping.UNKNOWN,
          Filtering.UNKNOWN,
          PortAllocation.UNKNOWN,
          Reachability.UNKNOWN);

  /** Nothing is let out. */
  public static final Profile BLOCKED =
      new Profile(
          Outbound.BLOCKED,
          Mapping.UNKNOWN,
          Filtering.UNKNOWN,
          PortAllocation.UNKNOWN,
          Reachability.BLOCKED);

  /** A sequence with steps too large to be of use is none. */
  public Profile {
    if (Math.abs(allocation.delta()) > MAX_DELTA) {
      allocation = PortAllocation.RANDOM;
    }
  }

  /** What a discovery found that got answers. */
  static Profile of(NatBehaviour behaviour, Outbound outbound) {
    return new Profile(
        outbound,
        behaviour.mapping(),
        behaviour.filtering(),
        behaviour.allocation(),
        Reachability.UNKNOWN);
  }

  /** This, with what peers found who dialled back. */
  public Profile with(Reachability found) {
    return new Profile(outbound, mapping, filtering, allocation, found);
  }

  /** This, with what else was found about filtering, such as by a peer's dialling back by TCP. */
  public Profile with(Filtering found) {
    return new Profile(outbound, mapping, found, allocation, reachability);
  }

  /** Whether strangers get through: peers found so, or nothing maps and nothing filters. */
  public boolean isOpen() {
    return reachability == Reachability.PUBLIC
        || (mapping == Mapping.NONE && filtering == Filtering.ENDPOINT_INDEPENDENT);
  }
}
