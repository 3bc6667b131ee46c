package dev.crust.natlab.verify;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunFramer;
import dev.crust.proto.stun.StunMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Numbered TCP ports of the JDK, each listened on, from which STUN requests are sent on connections
 * of their own. Confined to one thread.
 */
final class TcpBindings implements AutoCloseable {
  /** Is told of messages, or of connections that failed. */
  interface Ear {
    void hear(Request request, StunMessage message) throws IOException;

    void failed(Request request) throws IOException;
  }

  /** A request on its way. */
  record Request(int binding, InetSocketAddress to, StunMessage message, StunFramer framer) {}

  private final Selector selector = Selector.open();
  private final List<ServerSocketChannel> listeners = new ArrayList<>();
  private final List<SocketChannel> connections = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(2048);

  TcpBindings(InetAddress address, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      listeners.add(listen(new InetSocketAddress(address, 0)));
    }
  }

  /** Listens on a port that connections may be dialled from, too. */
  static ServerSocketChannel listen(InetSocketAddress local) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open();
    listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    listener.setOption(StandardSocketOptions.SO_REUSEPORT, true);
    listener.bind(local);
    listener.configureBlocking(false);
    return listener;
  }

  /** Begins to dial from a port that is shared. */
  static SocketChannel dial(InetSocketAddress local, InetSocketAddress to) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      channel.bind(local);
      channel.configureBlocking(false);
      channel.connect(to);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  Selector selector() {
    return selector;
  }

  List<InetSocketAddress> locals() throws IOException {
    List<InetSocketAddress> locals = new ArrayList<>();
    for (ServerSocketChannel listener : listeners) {
      locals.add((InetSocketAddress) listener.getLocalAddress());
    }
    return locals;
  }

  void send(int binding, InetSocketAddress to, StunMessage message) throws IOException {
    SocketChannel channel = dial(locals().get(binding), to);
    connections.add(channel);
    Request request = new Request(binding, to, message, new StunFramer());
    channel.register(selector, SelectionKey.OP_CONNECT, request);
  }

  void ready(SelectionKey key, Ear ear) throws IOException {
    SocketChannel channel = (SocketChannel) key.channel();
    Request request = (Request) key.attachment();
    try {
      if (key.isConnectable() && channel.finishConnect()) {
        channel.write(ByteBuffer.wrap(StunCodec.encode(request.message())));
        key.interestOps(SelectionKey.OP_READ);
      } else if (key.isReadable()) {
        read(channel, request, ear);
      }
    } catch (IOException | MalformedMessageException e) {
      channel.close();
      ear.failed(request);
    }
  }

  private void read(SocketChannel channel, Request request, Ear ear)
      throws IOException, MalformedMessageException {
    if (channel.read(buffer.clear()) < 0) {
      channel.close();
      return;
    }
    byte[] bytes = new byte[buffer.flip().remaining()];
    buffer.get(bytes);
    for (byte[] each : request.framer().onBytes(bytes)) {
      ear.hear(request, StunCodec.decode(each));
    }
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : connections) {
      channel.close();
    }
    for (ServerSocketChannel listener : listeners) {
      listener.close();
    }
    selector.close();
  }
}
