package dev.crust;

import dev.crust.proto.datagram.ConnectionId;
import dev.crust.proto.datagram.DatagramKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Stands between two endpoints that speak QUIC: can fall silent, cut, and change its ports. Each
 * connection that is dialled through it is a flow, with a port of its own towards the target. Since
 * they all come from the one port of the dialler, flows are told apart by connection ids (RFC 9000
 * §17.2). Nothing but QUIC passes. One thread of its own.
 */
final class UdpProxy implements AutoCloseable {
  private static final int LARGEST = 64 << 10;
  private static final int SOCKET_BUFFER = 4 << 20;
  private static final int LONG_HEADER = 0x80;

  /** So many datagrams of one port before the others have their turn. */
  private static final int AT_ONCE = 64;

  /** A connection through the proxy. */
  private final class Flow {
    final InetSocketAddress dialler;
    DatagramChannel port;
    boolean cut;

    Flow(InetSocketAddress dialler) throws IOException {
      this.dialler = dialler;
      this.port = open(towardsTarget);
      port.register(selector, SelectionKey.OP_READ, this);
    }

    void changePort() throws IOException {
      port.close();
      port = open(towardsTarget);
      port.register(selector, SelectionKey.OP_READ, this);
    }

    void pass(DatagramChannel by, InetSocketAddress to) throws IOException {
      if (silent || cut) {
        return;
      }
      int length = buffer.remaining();
      if (fuse.burn(length) == length) {
        by.send(buffer, to);
      } else {
        fuse.blow();
      }
    }
  }

  private interface Task {
    void run() throws IOException;
  }

  private final Selector selector = Selector.open();
  private final InetSocketAddress target;
  private final InetAddress towardsTarget;
  private final Fuse fuse;
  private final DatagramChannel front;
  private final InetSocketAddress address;
  private final Map<ConnectionId, Flow> byDialler = new LinkedHashMap<>();
  private final Map<ConnectionId, Flow> byTarget = new HashMap<>();
  private final Queue<Task> tasks = new ConcurrentLinkedQueue<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(LARGEST);
  private final Thread thread = new Thread(this::run, "udp-proxy");
  private boolean silent;
  private volatile boolean closed;

  /** The flow that has changed its port last: only that makes endpoints use ids unseen so far. */
  private @Nullable Flow moved;

  /**
   * A proxy at one address of this host, whose ports towards the target are at another.
   *
   * @param fuse burns with what passes; a datagram that does not pass whole does not pass
   */
  UdpProxy(
      InetSocketAddress target, InetAddress towardsDialler, InetAddress towardsTarget, Fuse fuse)
      throws IOException {
    this.target = target;
    this.towardsTarget = towardsTarget;
    this.fuse = fuse;
    this.front = open(towardsDialler);
    this.address = (InetSocketAddress) front.getLocalAddress();
    front.register(selector, SelectionKey.OP_READ);
    thread.setDaemon(true);
    thread.start();
  }

  /** Where the dialler should send. */
  InetSocketAddress address() {
    return address;
  }

  /** Passes nothing on from now on. */
  void fallSilent() {
    execute(() -> silent = true);
  }

  /** Both directions of every flow fall silent for ever; who dials anew gets through. */
  void cut() {
    execute(() -> byDialler.values().forEach(flow -> flow.cut = true));
  }

  /** Every flow gets another port, and what comes to the old one is lost. */
  void changePorts() {
    execute(
        () -> {
          for (Flow flow : byDialler.values()) {
            if (!flow.cut) {
              flow.changePort();
              moved = flow;
            }
          }
        });
  }

  private void execute(Task task) {
    tasks.add(task);
    selector.wakeup();
  }

  private static DatagramChannel open(InetAddress at) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
    channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
    channel.bind(new InetSocketAddress(at, 0));
    channel.configureBlocking(false);
    return channel;
  }

  private void run() {
    try {
      while (!closed) {
        selector.select();
        for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
          task.run();
        }
        for (SelectionKey key : selector.selectedKeys()) {
          if (key.isValid()) {
            drain((DatagramChannel) key.channel(), (Flow) key.attachment());
          }
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What has come to the port of a flow or, if that is null, to where the dialler sends. */
  private void drain(DatagramChannel from, @Nullable Flow flow) throws IOException {
    for (int i = 0; i < AT_ONCE && tasks.isEmpty(); i++) {
      buffer.clear();
      InetSocketAddress source = (InetSocketAddress) from.receive(buffer);
      if (source == null) {
        return;
      }
      buffer.flip();
      if (DatagramKind.of(buffer) != DatagramKind.QUIC) {
        continue;
      }
      if (flow != null) {
        fromTarget(flow);
      } else {
        fromDialler(source);
      }
    }
  }

  private void fromTarget(Flow flow) throws IOException {
    if (hasLongHeader()) {
      byTarget.putIfAbsent(DatagramKind.clientOf(buffer), flow);
    }
    flow.pass(front, flow.dialler);
  }

  private void fromDialler(InetSocketAddress source) throws IOException {
    Flow flow = hasLongHeader() ? beginning(source) : underWay();
    if (flow != null) {
      flow.pass(flow.port, target);
    }
  }

  private boolean hasLongHeader() {
    return (buffer.get(0) & LONG_HEADER) != 0;
  }

  private Flow beginning(InetSocketAddress source) throws IOException {
    ConnectionId id = DatagramKind.clientOf(buffer);
    Flow known = byDialler.get(id);
    if (known == null) {
      known = new Flow(source);
      byDialler.put(id, known);
    }
    return known;
  }

  private @Nullable Flow underWay() {
    ConnectionId id = ConnectionId.destinationOf(buffer);
    return id == null ? null : byTarget.computeIfAbsent(id, unseen -> moved);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    selector.wakeup();
    try {
      thread.join(5000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    front.close();
    for (Flow flow : byDialler.values()) {
      flow.port.close();
    }
    selector.close();
  }
}
