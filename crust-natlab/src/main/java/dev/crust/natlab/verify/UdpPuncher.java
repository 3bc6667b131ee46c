package dev.crust.natlab.verify;

import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimUdpSocket;
import dev.crust.natlab.sim.Simulation;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.TransactionId;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;

/** Sends to the peer's address every 200 ms, and answers to wherever a packet came from. */
final class UdpPuncher implements Puncher {
  static final byte[] PROBE = {(byte) 0xfe, 1};
  static final byte[] ANSWER = {(byte) 0xfe, 2};
  private static final Duration INTERVAL = Duration.ofMillis(200);
  private static final int PROBES = 25;

  private final Simulation world;
  private final SimUdpSocket socket;
  private Optional<InetSocketAddress> reflexive = Optional.empty();
  private boolean connected;
  private int probes;

  UdpPuncher(Simulation world, SimHost host, InetSocketAddress server, long seed) {
    this.world = world;
    this.socket = host.openUdp(0, this::received);
    TransactionId id = TransactionId.random(new SplittableRandom(seed));
    socket.send(server, StunCodec.encode(StunMessage.bindingRequest(id)));
  }

  @Override
  public boolean ready() {
    return reflexive.isPresent();
  }

  @Override
  public InetSocketAddress reflexive() {
    return reflexive.orElseThrow();
  }

  @Override
  public boolean connected() {
    return connected;
  }

  @Override
  public void punch(InetSocketAddress peer) {
    if (!connected && probes++ < PROBES) {
      socket.send(peer, PROBE);
      world.after(INTERVAL, () -> punch(peer));
    }
  }

  private void received(InetSocketAddress from, byte[] data) {
    if (StunCodec.looksLikeStun(data)) {
      try {
        reflexive = StunCodec.decode(data).reflexiveAddress();
      } catch (MalformedMessageException e) {
        throw new IllegalStateException(e);
      }
    } else if (data[1] == PROBE[1]) {
      socket.send(from, ANSWER);
      if (!connected) {
        socket.send(from, PROBE);
      }
    } else {
      connected = true;
    }
  }
}
