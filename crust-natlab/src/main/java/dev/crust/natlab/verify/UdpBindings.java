package dev.crust.natlab.verify;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;

/** Numbered UDP sockets of the JDK that speak STUN. Confined to one thread. */
final class UdpBindings implements AutoCloseable {
  /** Is told of messages. */
  interface Ear {
    void hear(int binding, InetSocketAddress from, StunMessage message) throws IOException;
  }

  private final Selector selector = Selector.open();
  private final List<DatagramChannel> channels = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(2048);

  UdpBindings(InetAddress address, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      DatagramChannel channel = DatagramChannel.open();
      channels.add(channel);
      channel.bind(new InetSocketAddress(address, 0));
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, i);
    }
  }

  Selector selector() {
    return selector;
  }

  List<InetSocketAddress> locals() throws IOException {
    List<InetSocketAddress> locals = new ArrayList<>();
    for (DatagramChannel channel : channels) {
      locals.add((InetSocketAddress) channel.getLocalAddress());
    }
    return locals;
  }

  void send(int binding, InetSocketAddress to, StunMessage message) throws IOException {
    channels.get(binding).send(ByteBuffer.wrap(StunCodec.encode(message)), to);
  }

  void read(SelectionKey key, Ear ear) throws IOException {
    DatagramChannel channel = (DatagramChannel) key.channel();
    while (channel.receive(buffer.clear()) instanceof InetSocketAddress from) {
      byte[] bytes = new byte[buffer.flip().remaining()];
      buffer.get(bytes);
      try {
        ear.hear((Integer) key.attachment(), from, StunCodec.decode(bytes));
      } catch (MalformedMessageException e) {
        // A lab's network carries other things too.
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (DatagramChannel channel : channels) {
      channel.close();
    }
    selector.close();
  }
}
