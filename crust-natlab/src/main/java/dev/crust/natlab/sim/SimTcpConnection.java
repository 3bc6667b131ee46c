package dev.crust.natlab.sim;

import dev.crust.natlab.sim.Packet.Icmp;
import dev.crust.natlab.sim.Packet.IcmpKind;
import dev.crust.natlab.sim.Packet.Tcp;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * A TCP connection of a simulated host (RFC 9293), with Linux's timing: a SYN is repeated after 1,
 * 3, 7, 15, 31 and 63 s and given up after 127 s. Both ends may dial each other at once.
 */
public final class SimTcpConnection {
  private enum State {
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    CLOSED
  }

  private static final long FIRST_RTO = Duration.ofSeconds(1).toNanos();
  private static final int SYN_RETRIES = 6;
  private static final int SYN_ACK_RETRIES = 5;
  private static final Duration TIME_WAIT = Duration.ofMinutes(1);
  private static final int IP_AND_TCP = 40;
  private static final int IPV6_AND_TCP = 60;

  private final TcpStack stack;
  private final InetSocketAddress local;
  private final InetSocketAddress remote;
  private final TcpHandler handler;
  private State state = State.CLOSED;
  private boolean dialled;
  private int isn;
  private int retries;
  private int timer;
  private TcpReceiver receiver = new TcpReceiver(0);
  private TcpSender sender;

  SimTcpConnection(
      TcpStack stack, InetSocketAddress local, InetSocketAddress remote, TcpHandler handler) {
    this.stack = stack;
    this.local = local;
    this.remote = remote;
    this.handler = handler;
    this.sender = new TcpSender(this, 0, mss(Segment.MTU));
  }

  /** Our end. */
  public InetSocketAddress local() {
    return local;
  }

  /** The other end. */
  public InetSocketAddress remote() {
    return remote;
  }

  /** Whether we dialled; false if it came in at a listener. */
  public boolean dialled() {
    return dialled;
  }

  /** Whether it is established and not closed. */
  public boolean established() {
    return state == State.ESTABLISHED;
  }

  /** Sends bytes, as soon as the connection is established; lost if it is closed. */
  public void write(byte[] data) {
    sender.write(data);
    if (established()) {
      sender.pump();
    }
  }

  /** Sends no more (FIN) after what was written; a dial under way goes on. */
  public void close() {
    sender.finish();
    if (established()) {
      sender.pump();
    }
  }

  /** Ends the connection at once, with a RST; a dial under way without a word. */
  public void abort() {
    if (state == State.ESTABLISHED || state == State.SYN_RECEIVED) {
      transmit(new Tcp(Tcp.RST | Tcp.ACK, sender.next(), receiver.next(), new byte[0]));
    }
    end();
  }

  @Override
  public String toString() {
    return Packet.text(local) + ">" + Packet.text(remote) + " " + state;
  }

  void dial(int initial) {
    dialled = true;
    begin(State.SYN_SENT, initial);
    repeatHandshake();
  }

  void accept(int initial, Tcp syn) {
    begin(State.SYN_RECEIVED, initial);
    receiver = new TcpReceiver(syn.sequence() + 1);
    repeatHandshake();
  }

  void failLater(TcpFailure failure) {
    Timeline timeline = stack.world().timeline();
    timeline.at(timeline.nanos(), () -> handler.failed(this, failure));
  }

  void onSegment(Tcp segment) {
    switch (state) {
      case SYN_SENT -> whileSynSent(segment);
      case SYN_RECEIVED -> whileSynReceived(segment);
      case ESTABLISHED -> whileEstablished(segment);
      case CLOSED -> {
        if (!segment.rst()) {
          transmit(new Tcp(Tcp.RST, segment.acknowledgement(), 0, new byte[0]));
        }
      }
    }
  }

  void onError(Icmp icmp) {
    if (icmp.kind() == IcmpKind.TOO_BIG) {
      sender.mss(mss(icmp.mtu()));
    } else if (state == State.SYN_SENT || (state == State.SYN_RECEIVED && dialled)) {
      boolean refused = icmp.kind() == IcmpKind.PORT_UNREACHABLE;
      fail(refused ? TcpFailure.REFUSED : TcpFailure.UNREACHABLE);
    }
  }

  private void begin(State first, int initial) {
    state = first;
    isn = initial;
    TcpSender before = sender;
    sender = new TcpSender(this, initial + 1, before.mss());
  }

  private void repeatHandshake() {
    boolean syn = state == State.SYN_SENT;
    if (retries > (syn ? SYN_RETRIES : SYN_ACK_RETRIES)) {
      fail(TcpFailure.TIMED_OUT);
      return;
    }
    int flags = syn ? Tcp.SYN : Tcp.SYN | Tcp.ACK;
    transmit(new Tcp(flags, isn, syn ? 0 : receiver.next(), new byte[0]));
    int mine = ++timer;
    long wait = FIRST_RTO << retries++;
    Timeline timeline = stack.world().timeline();
    timeline.at(
        timeline.nanos() + wait,
        () -> {
          if (mine == timer && (state == State.SYN_SENT || state == State.SYN_RECEIVED)) {
            repeatHandshake();
          }
        });
  }

  private void whileSynSent(Tcp segment) {
    boolean acknowledged = segment.ack() && segment.acknowledgement() == isn + 1;
    if (segment.ack() && !acknowledged) {
      if (!segment.rst()) {
        transmit(new Tcp(Tcp.RST, segment.acknowledgement(), 0, new byte[0]));
      }
    } else if (segment.rst()) {
      if (acknowledged) {
        fail(TcpFailure.REFUSED);
      }
    } else if (segment.syn()) {
      receiver = new TcpReceiver(segment.sequence() + 1);
      if (acknowledged) {
        establish();
        acknowledge();
      } else {
        state = State.SYN_RECEIVED;
        retries = 0;
        repeatHandshake();
      }
    }
  }

  private void whileSynReceived(Tcp segment) {
    if (segment.rst()) {
      if (dialled) {
        fail(TcpFailure.REFUSED);
      } else {
        end();
      }
    } else if (segment.syn() && !segment.ack()) {
      transmit(new Tcp(Tcp.SYN | Tcp.ACK, isn, receiver.next(), new byte[0]));
    } else if (segment.ack() && segment.acknowledgement() - isn > 0) {
      establish();
      if (segment.syn()) {
        acknowledge();
      } else {
        whileEstablished(segment);
      }
    }
  }

  private void whileEstablished(Tcp segment) {
    if (segment.rst()) {
      if (receiver.inWindow(segment.sequence())) {
        fail(TcpFailure.RESET);
      }
      return;
    } else if (segment.syn()) {
      acknowledge();
      return;
    }
    sender.onAcknowledgement(segment.acknowledgement(), segment.length() == 0);
    if (segment.length() == 0) {
      settle();
      return;
    }
    boolean wasEnded = receiver.ended();
    List<byte[]> ready = receiver.onData(segment.sequence(), segment.data(), segment.fin());
    acknowledge();
    ready.forEach(data -> handler.received(this, data));
    if (receiver.ended() && !wasEnded && state == State.ESTABLISHED) {
      handler.ended(this);
    }
    settle();
  }

  /** Both sides have said all: the ends stay reserved for a while (TIME-WAIT). */
  private void settle() {
    if (state == State.ESTABLISHED && sender.finished() && receiver.ended()) {
      int mine = ++timer;
      stack
          .world()
          .timeline()
          .after(
              TIME_WAIT,
              () -> {
                if (mine == timer) {
                  end();
                }
              });
    }
  }

  private void establish() {
    state = State.ESTABLISHED;
    timer++;
    handler.connected(this);
    sender.pump();
  }

  private void acknowledge() {
    transmit(new Tcp(Tcp.ACK, sender.next(), receiver.next(), new byte[0]));
  }

  /** A segment of the sender: data or FIN. */
  void transmitData(int sequence, byte[] data, boolean fin) {
    transmit(new Tcp(Tcp.ACK | (fin ? Tcp.FIN : 0), sequence, receiver.next(), data));
  }

  Timeline timeline() {
    return stack.world().timeline();
  }

  void fail(TcpFailure failure) {
    end();
    handler.failed(this, failure);
  }

  private void end() {
    state = State.CLOSED;
    timer++;
    sender.stop();
    stack.forget(this);
  }

  private void transmit(Tcp segment) {
    stack.host().send(Packet.of(local, remote, segment));
  }

  private int mss(int mtu) {
    return mtu - (local.getAddress() instanceof Inet4Address ? IP_AND_TCP : IPV6_AND_TCP);
  }
}
