package dev.crust.natlab.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a NAT does that maps anew again and again: datagrams from one client go on to a server from
 * a port that changes. Answers come through by every port there was. Runs until it is interrupted.
 */
final class RebindingRelay implements Runnable {
  private static final int SOCKET_BUFFER = 1 << 20;

  private final int port;
  private final InetSocketAddress server;
  private final long periodNanos;
  private volatile int rebindings;
  private volatile boolean begun;

  RebindingRelay(int port, InetSocketAddress server, Duration period) {
    this.port = port;
    this.server = server;
    this.periodNanos = period.toNanos();
  }

  /** Begins to change the port: whoever has not finished its handshake does not move. */
  void begin() {
    begun = true;
  }

  /** How often the port has changed. */
  int rebindings() {
    return rebindings;
  }

  @Override
  public void run() {
    List<DatagramChannel> backs = new ArrayList<>();
    try (Selector selector = Selector.open();
        DatagramChannel front = open(port, selector)) {
      backs.add(open(0, selector));
      relay(selector, front, backs);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      backs.forEach(RebindingRelay::close);
    }
  }

  private void relay(Selector selector, DatagramChannel front, List<DatagramChannel> backs)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
    InetSocketAddress client = null;
    long next = System.nanoTime() + periodNanos;
    while (!Thread.currentThread().isInterrupted()) {
      selector.select(Math.max(1, (next - System.nanoTime()) / 1_000_000));
      selector.selectedKeys().clear();
      if (!begun) {
        next = System.nanoTime() + periodNanos;
      } else if (System.nanoTime() >= next) {
        backs.add(open(0, selector));
        rebindings = backs.size() - 1;
        next += periodNanos;
      }
      DatagramChannel newest = backs.get(backs.size() - 1);
      for (InetSocketAddress from = receive(front, buffer);
          from != null;
          from = receive(front, buffer)) {
        client = from;
        newest.send(buffer, server);
      }
      for (DatagramChannel back : backs) {
        while (receive(back, buffer) != null && client != null) {
          front.send(buffer, client);
        }
      }
    }
  }

  private static DatagramChannel open(int port, Selector selector) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
    channel.bind(new InetSocketAddress(port));
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
    return channel;
  }

  private static InetSocketAddress receive(DatagramChannel channel, ByteBuffer buffer)
      throws IOException {
    buffer.clear();
    InetSocketAddress from = (InetSocketAddress) channel.receive(buffer);
    buffer.flip();
    return from;
  }

  private static void close(DatagramChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
