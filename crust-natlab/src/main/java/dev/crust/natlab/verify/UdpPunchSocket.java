package dev.crust.natlab.verify;

import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.TransactionId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The side of a UDP punch, as {@link UdpPuncher} is it in the simulator. */
final class UdpPunchSocket implements PunchSocket {
  private static final Duration INTERVAL = Duration.ofMillis(200);
  private static final int STUN_TRIES = 10;

  private final Selector selector = Selector.open();
  private final DatagramChannel channel = DatagramChannel.open();
  private final ByteBuffer buffer = ByteBuffer.allocate(2048);
  private Optional<InetSocketAddress> reflexive = Optional.empty();
  private Instant due = Instant.MIN;
  private boolean connected;

  UdpPunchSocket(InetAddress local) throws IOException {
    channel.bind(new InetSocketAddress(local, 0));
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ);
  }

  @Override
  public Optional<InetSocketAddress> learn(InetSocketAddress server) throws IOException {
    StunMessage request = StunMessage.bindingRequest(TransactionId.random(new SecureRandom()));
    for (int i = 0; i < STUN_TRIES && reflexive.isEmpty(); i++) {
      send(server, StunCodec.encode(request));
      MachineLoop.wait(selector, INTERVAL, key -> read());
    }
    return reflexive;
  }

  @Override
  public void step(InetSocketAddress peer) throws IOException {
    Instant now = RealClock.now();
    if (!connected && !now.isBefore(due)) {
      due = now.plus(INTERVAL);
      send(peer, UdpPuncher.PROBE);
    }
    MachineLoop.wait(selector, INTERVAL, key -> read());
  }

  @Override
  public boolean connected() {
    return connected;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    selector.close();
  }

  private void read() throws IOException {
    while (channel.receive(buffer.clear()) instanceof InetSocketAddress from) {
      byte[] data = new byte[buffer.flip().remaining()];
      buffer.get(data);
      received(from, data);
    }
  }

  private void received(InetSocketAddress from, byte[] data) throws IOException {
    if (StunCodec.looksLikeStun(data)) {
      try {
        reflexive = StunCodec.decode(data).reflexiveAddress();
      } catch (MalformedMessageException e) {
        throw new IOException(e);
      }
    } else if (data[1] == UdpPuncher.PROBE[1]) {
      send(from, UdpPuncher.ANSWER);
      if (!connected) {
        send(from, UdpPuncher.PROBE);
      }
    } else {
      connected = true;
    }
  }

  private void send(InetSocketAddress to, byte[] data) throws IOException {
    channel.send(ByteBuffer.wrap(data), to);
  }
}
