package dev.crust.driver;

import dev.crust.Candidate;
import dev.crust.Transport;
import dev.crust.proto.punch.Plan;
import dev.crust.spi.Protocol;
import dev.crust.spi.Round;
import dev.crust.spi.Side;
import dev.crust.spi.TraversalMethod;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * One side dials the other, as anybody would: connection reversal (RFC 5128 §3.2), if it is the
 * other one that has asked.
 */
public final class DialMethod implements OwnMethod {
  /** For the service loader. */
  public DialMethod() {}

  @Override
  public String name() {
    return TraversalMethod.DIAL;
  }

  /** Only the side that dials does anything. */
  @Override
  public Needs needs() {
    return Needs.ONE_SIDE;
  }

  /** Why not is said by those who punch, protocol by protocol. */
  @Override
  public Verdict judge(Round round) {
    return dials(round).isEmpty() ? new Verdict.DoesNot("") : new Verdict.Applies(0);
  }

  private static List<Plan.Step.Dial> dials(Round round) {
    return Plan.of(round).steps().stream()
        .flatMap(step -> step instanceof Plan.Step.Dial it ? Stream.of(it) : Stream.empty())
        .toList();
  }

  @Override
  public OwnEffort start(LocalSite site) {
    return new Dialling(site);
  }

  /** What can be dialled is dialled at once, by us or by the peer. On the control loop. */
  private static final class Dialling implements OwnEffort {
    /** For the transport's handshake and as long again for that of TLS. */
    private static final Duration PATIENCE = Results.DIAL_PATIENCE.multipliedBy(2);

    private final LocalSite site;
    private final Alarm alarm;

    Dialling(LocalSite site) {
      this.site = site;
      this.alarm = new Alarm(site.context());
    }

    @Override
    public void begin(Round round) {
      Side self = round.side();
      dials(round).stream()
          .filter(step -> step.dialler() == self)
          .forEach(step -> dial(round, step.protocol()));
      alarm.set(
          site.now().plus(PATIENCE),
          () -> site.failed(round, "what can be dialled did not answer", Next.NOTHING));
    }

    private void dial(Round round, Protocol protocol) {
      Transport by = protocol == Protocol.TCP ? Transport.TCP : Transport.QUIC;
      for (InetSocketAddress target : site.dialable(Plan.targets(round, protocol))) {
        site.dial(new Candidate(by, target));
      }
    }

    @Override
    public void close() {
      alarm.stop();
    }
  }
}
