package dev.crust.natlab.verify;

import dev.crust.natlab.sim.SimHost;
import dev.crust.natlab.sim.SimTcpConnection;
import dev.crust.natlab.sim.Simulation;
import dev.crust.natlab.sim.TcpFailure;
import dev.crust.natlab.sim.TcpHandler;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.StunCodec;
import dev.crust.proto.stun.StunMessage;
import dev.crust.proto.stun.TransactionId;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;

/** Dials the peer's address from a port on which it also listens. */
final class TcpPuncher implements Puncher, TcpHandler {
  private static final byte[] HELLO = {(byte) 0xfe};
  private static final Duration RETRY_FOR = Duration.ofMillis(2500);

  private final Simulation world;
  private final SimHost host;
  private final boolean retry;
  private final SplittableRandom random;
  private final int port;
  private Optional<InetSocketAddress> reflexive = Optional.empty();
  private Instant until = Instant.MIN;
  private boolean connected;

  TcpPuncher(Simulation world, SimHost host, InetSocketAddress server, boolean retry, long seed) {
    this.world = world;
    this.host = host;
    this.retry = retry;
    this.random = new SplittableRandom(seed);
    this.port = host.listenTcp(0, this).port();
    host.connectTcp(port, server, new Learner());
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
    until = world.now().plus(RETRY_FOR);
    dial(peer);
  }

  private void dial(InetSocketAddress peer) {
    if (!connected) {
      host.connectTcp(port, peer, this);
    }
  }

  @Override
  public void connected(SimTcpConnection connection) {
    connection.write(HELLO);
  }

  @Override
  public void received(SimTcpConnection connection, byte[] data) {
    connected = true;
  }

  @Override
  public void failed(SimTcpConnection connection, TcpFailure failure) {
    boolean again = failure == TcpFailure.REFUSED || failure == TcpFailure.IN_USE;
    if (retry && again && world.now().isBefore(until)) {
      Duration pause = Duration.ofMillis(random.nextInt(5, 31));
      world.after(pause, () -> dial(connection.remote()));
    }
  }

  /** Asks the STUN server from the same port. */
  private final class Learner implements TcpHandler {
    @Override
    public void connected(SimTcpConnection connection) {
      TransactionId id = TransactionId.random(random);
      connection.write(StunCodec.encode(StunMessage.bindingRequest(id)));
    }

    @Override
    public void received(SimTcpConnection connection, byte[] data) {
      try {
        reflexive = StunCodec.decode(data).reflexiveAddress();
      } catch (MalformedMessageException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
