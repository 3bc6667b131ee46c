package dev.crust.natlab.verify;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.TransactionId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The side of a TCP punch, as {@link TcpPuncher} is it in the simulator: one dial, no retry. */
final class TcpPunchSocket implements PunchSocket {
  private static final Duration STEP = Duration.ofMillis(200);
  private static final Duration STUN = Duration.ofSeconds(5);
  private static final byte[] HELLO = {(byte) 0xfe};

  private final Selector selector = Selector.open();
  private final ServerSocketChannel listener;
  private final InetSocketAddress local;
  private final List<SocketChannel> channels = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(2048);
  private Optional<InetSocketAddress> reflexive = Optional.empty();
  private boolean dialled;
  private boolean connected;

  TcpPunchSocket(InetAddress address) throws IOException {
    listener = TcpBindings.listen(new InetSocketAddress(address, 0));
    local = (InetSocketAddress) listener.getLocalAddress();
    listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  @Override
  public Optional<InetSocketAddress> learn(InetSocketAddress server) throws IOException {
    dial(
        server,
        StunCodec.encode(StunMessage.bindingRequest(TransactionId.random(new SecureRandom()))));
    Instant end = RealClock.now().plus(STUN);
    while (reflexive.isEmpty() && RealClock.now().isBefore(end)) {
      MachineLoop.wait(selector, STEP, this::ready);
    }
    return reflexive;
  }

  @Override
  public void step(InetSocketAddress peer) throws IOException {
    if (!dialled) {
      dialled = true;
      dial(peer, HELLO);
    }
    MachineLoop.wait(selector, STEP, this::ready);
  }

  @Override
  public boolean connected() {
    return connected;
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : channels) {
      channel.close();
    }
    listener.close();
    selector.close();
  }

  private void dial(InetSocketAddress to, byte[] first) throws IOException {
    try {
      SocketChannel channel = TcpBindings.dial(local, to);
      channels.add(channel);
      channel.register(selector, SelectionKey.OP_CONNECT, first);
    } catch (java.net.BindException e) {
      // The peer's connection between the same ends has come in first: nothing is left to dial.
      return;
    }
  }

  private void ready(SelectionKey key) throws IOException {
    if (key.isAcceptable()) {
      SocketChannel channel = listener.accept();
      if (channel != null) {
        channels.add(channel);
        channel.configureBlocking(false);
        channel.write(ByteBuffer.wrap(HELLO));
        channel.register(selector, SelectionKey.OP_READ);
      }
      return;
    }
    SocketChannel channel = (SocketChannel) key.channel();
    try {
      if (key.isConnectable() && channel.finishConnect()) {
        channel.write(ByteBuffer.wrap((byte[]) key.attachment()));
        key.interestOps(SelectionKey.OP_READ);
      } else if (key.isReadable()) {
        read(channel);
      }
    } catch (IOException e) {
      // Refused or reset: this dial is over, the listener goes on.
      channel.close();
    }
  }

  private void read(SocketChannel channel) throws IOException {
    if (channel.read(buffer.clear()) < 0) {
      channel.close();
      return;
    }
    byte[] data = new byte[buffer.flip().remaining()];
    buffer.get(data);
    if (!StunCodec.looksLikeStun(data)) {
      connected = true;
      return;
    }
    try {
      reflexive = StunCodec.decode(data).reflexiveAddress();
    } catch (MalformedMessageException e) {
      throw new IOException(e);
    }
  }
}
