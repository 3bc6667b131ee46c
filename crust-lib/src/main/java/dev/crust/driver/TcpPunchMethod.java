package dev.crust.driver;

import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.TraversalMethod;

/** TCP simultaneous open (RFC 5128 §3.4), from the ports that listen. */
public final class TcpPunchMethod implements OwnMethod {
  /** For the service loader. */
  public TcpPunchMethod() {}

  @Override
  public String name() {
    return TraversalMethod.TCP_PUNCH;
  }

  @Override
  public Needs needs() {
    return Needs.BOTH_SIDES;
  }

  @Override
  public Verdict judge(Round round) {
    return OwnMethod.punches(round, Protocol.TCP);
  }

  @Override
  public OwnEffort start(LocalSite site) {
    return new TcpPunching(site);
  }
}
