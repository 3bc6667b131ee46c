package dev.crust.driver;

import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.TraversalMethod;

/** UDP hole punching (RFC 5128 §3.3), from the ports that QUIC has. */
public final class UdpPunchMethod implements OwnMethod {
  /** For the service loader. */
  public UdpPunchMethod() {}

  @Override
  public String name() {
    return TraversalMethod.UDP_PUNCH;
  }

  @Override
  public Needs needs() {
    return Needs.BOTH_SIDES;
  }

  @Override
  public Verdict judge(Round round) {
    return OwnMethod.punches(round, Protocol.UDP);
  }

  @Override
  public OwnEffort start(LocalSite site) {
    return new UdpPunching(site);
  }
}
