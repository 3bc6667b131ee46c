package dev.crust.driver;

import dev.crust.io.NonceSocket;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.nat.PortEvidence;
import dev.crust.proto.reachability.DialBack;
import dev.crust.proto.reachability.DialBackStream;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Dials peers back who ask for it, as {@link DialBack} allows: from another address of this host
 * than that on which the peer is connected, if there is one. On the control loop.
 */
final class DialBackDesk {
  /** Of a connection. With it a peer hears within two seconds, whatever its filter does. */
  private static final Duration PATIENCE = Duration.ofMillis(900);

  /** Addresses of one network of IPv6 are filtered alike. */
  private static final int NETWORK_BYTES = 8;

  /** Why a question is refused; the numbers are those of the wire. */
  enum Refusal {
    /** It is not well-formed. */
    MALFORMED(1),
    /** We do not see where on the Internet the asker is. */
    NOT_SEEN(2),
    /** More came after it. */
    TOO_MUCH(3);

    private final long code;

    Refusal(long code) {
      this.code = code;
    }
  }

  private final EndpointContext context;
  private final Supplier<Set<InetAddress>> ours;
  private final DialBack machine = new DialBack();
  private final Map<Long, ServiceStream> asking = new HashMap<>();
  private final Alarm alarm;
  private volatile Predicate<InetAddress> dialled = this::isAbroad;
  private long refused;
  private boolean closed;

  /**
   * Nobody has asked yet.
   *
   * @param ours the addresses of this host
   */
  DialBackDesk(EndpointContext context, Supplier<Set<InetAddress>> ours) {
    this.context = context;
    this.ours = ours;
    this.alarm = new Alarm(context);
  }

  /**
   * Dials these addresses alone, instead of those of the Internet that are not of this host.
   * Whoever comes by a forwarder on this host or network is seen at an address of that, where what
   * it has us send would come from within.
   */
  void dials(Predicate<InetAddress> such) {
    dialled = such;
  }

  private boolean isAbroad(InetAddress ip) {
    return PortEvidence.isOutside(ip) && !ours.get().contains(ip);
  }

  /** The endpoint closes. */
  void close() {
    closed = true;
    alarm.stop();
    asking.clear();
  }

  /** How many questions were refused as a whole, and how many addresses of others. */
  long refused() {
    return refused + machine.refused().values().stream().mapToLong(Long::longValue).sum();
  }

  /** Who takes what comes on a stream that a peer has opened. On any loop. */
  ServiceStream.User visitor(ServiceStream stream) {
    return new Visitor(stream);
  }

  private void onQuestion(ServiceStream asker, InetAddress observed, byte[] body)
      throws MalformedMessageException {
    List<DialBack.Effect> effects =
        machine.onRequest(asker.connection().peer(), observed, body, context.now());
    asking.put(effects.get(0).request(), asker);
    run(effects);
  }

  private void run(List<DialBack.Effect> effects) {
    if (closed) {
      return;
    }
    for (DialBack.Effect effect : effects) {
      if (effect instanceof DialBack.Effect.Dial dial) {
        dial(dial);
      } else if (effect instanceof DialBack.Effect.Reply reply) {
        ServiceStream asker = asking.remove(reply.request());
        if (asker != null) {
          asker.write(DialBackStream.encode(reply.body()));
          asker.finish();
        }
      }
    }
    alarm.set(machine.deadline(), () -> run(machine.onTimeout(context.now())));
  }

  private void dial(DialBack.Effect.Dial dial) {
    ServiceStream asker = asking.get(dial.request());
    if (asker == null) {
      return;
    }
    InetAddress connected = asker.connection().path().local().getAddress();
    Optional<InetAddress> other =
        ours.get().stream().filter(each -> differs(each, connected)).findFirst();
    DialBack.Source source =
        other.isPresent() ? DialBack.Source.OTHER_ADDRESS : DialBack.Source.SAME_ADDRESS;
    context.bring(
        dial.nonce(),
        dial.protocol(),
        other.orElse(connected),
        dial.address(),
        PATIENCE,
        outcome ->
            run(
                outcome == NonceSocket.Outcome.TRIED
                    ? machine.onDialled(dial.key(), source)
                    : machine.onNotDialled(dial.key())));
  }

  /** Whether a filter that goes by addresses tells the two apart, and the world reaches the one. */
  private static boolean differs(InetAddress one, InetAddress other) {
    byte[] a = one.getAddress();
    byte[] b = other.getAddress();
    int length = one instanceof Inet6Address ? NETWORK_BYTES : a.length;
    return PortEvidence.isOutside(one)
        && a.length == b.length
        && !Arrays.equals(a, 0, length, b, 0, length);
  }

  /** What one stream brings. */
  private final class Visitor implements ServiceStream.User {
    private final ServiceStream stream;
    private final DialBackStream reader = new DialBackStream();
    private boolean asked;
    private boolean over;

    Visitor(ServiceStream stream) {
      this.stream = stream;
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      stream.taken(bytes.remaining());
      if (over || !bytes.hasRemaining()) {
        return;
      }
      if (asked) {
        refuse(Refusal.TOO_MUCH);
        return;
      }
      try {
        Optional<byte[]> question = reader.read(bytes);
        if (question.isPresent()) {
          ask(question.get(), bytes.hasRemaining());
        }
      } catch (MalformedMessageException e) {
        refuse(Refusal.MALFORMED);
      }
    }

    private void ask(byte[] question, boolean more) throws MalformedMessageException {
      asked = true;
      Optional<InetAddress> observed = stream.connection().whereWeSee().filter(dialled);
      if (observed.isEmpty()) {
        refuse(Refusal.NOT_SEEN);
      } else if (more) {
        refuse(Refusal.TOO_MUCH);
      } else {
        onQuestion(stream, observed.get(), question);
      }
    }

    private void refuse(Refusal why) {
      over = true;
      refused++;
      stream.reset(why.code);
      stream.stop(why.code);
    }

    @Override
    public void onEnd() {
      if (!asked && !over) {
        refuse(Refusal.MALFORMED);
      }
    }

    @Override
    public void onReset(long code) {
      if (!over) {
        over = true;
        stream.finish();
      }
    }

    @Override
    public void onStopped() {
      onReset(0);
    }

    @Override
    public void onRoom() {}

    @Override
    public void onLost() {
      over = true;
    }
  }
}
