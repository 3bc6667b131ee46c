package dev.crust.io;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;

/**
 * A NAT that forgets: datagrams from the client go on to the server from a port that changes again
 * and again. Answers to a port still come through for a while. One thread of its own.
 */
final class RebindingRelay implements AutoCloseable {
  private static final int OLD_PORTS = 4;

  private final Selector selector = Selector.open();
  private final DatagramChannel front;
  private final ArrayDeque<DatagramChannel> backs = new ArrayDeque<>();
  private final InetSocketAddress server;
  private final long intervalNanos;
  private final Thread thread;
  private volatile InetSocketAddress client;
  private volatile int rebindings;
  private volatile boolean begun;
  private volatile boolean closed;

  RebindingRelay(InetSocketAddress server, Duration interval) throws IOException {
    this.server = server;
    this.client = server;
    this.intervalNanos = interval.toNanos();
    this.front = open();
    backs.add(open());
    this.thread = new Thread(this::run, "rebinding-relay");
    thread.setDaemon(true);
    thread.start();
  }

  private DatagramChannel open() throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
    return channel;
  }

  /** Begins to change the port; before, a handshake may take its time. */
  void begin() {
    begun = true;
  }

  /** Where the client should send. */
  InetSocketAddress address() throws IOException {
    return (InetSocketAddress) front.getLocalAddress();
  }

  /** How often the port has changed. */
  int rebindings() {
    return rebindings;
  }

  private void run() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(65536);
    long next = System.nanoTime() + intervalNanos;
    int count = 0;
    try {
      while (!closed) {
        selector.select(Math.max(1, (next - System.nanoTime()) / 1_000_000));
        selector.selectedKeys().clear();
        if (!begun) {
          next = System.nanoTime() + intervalNanos;
        } else if (System.nanoTime() >= next) {
          backs.addLast(open());
          rebindings = ++count;
          next = System.nanoTime() + intervalNanos;
          if (backs.size() > OLD_PORTS) {
            backs.removeFirst().close();
          }
        }
        drain(buffer);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void drain(ByteBuffer buffer) throws IOException {
    for (InetSocketAddress from = receive(front, buffer);
        from != null;
        from = receive(front, buffer)) {
      client = from;
      backs.getLast().send(buffer, server);
    }
    for (DatagramChannel back : backs) {
      while (receive(back, buffer) != null) {
        front.send(buffer, client);
      }
    }
  }

  private static InetSocketAddress receive(DatagramChannel channel, ByteBuffer buffer)
      throws IOException {
    buffer.clear();
    InetSocketAddress from = (InetSocketAddress) channel.receive(buffer);
    buffer.flip();
    return from;
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
    for (DatagramChannel back : backs) {
      back.close();
    }
    selector.close();
  }
}
