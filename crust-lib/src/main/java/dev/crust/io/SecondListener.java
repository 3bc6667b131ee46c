package dev.crust.io;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a listener of a host with two addresses has beside it for those who ask by STUN over TCP how
 * their NAT maps (RFC 5780 §4.3): a second listening port, for STUN alone. Thread-safe; never
 * waits.
 */
final class SecondListener implements AutoCloseable {
  private final EventLoops loops;
  private final InetAddress wildcard;
  private final StunSockets stun;
  private List<AddressPair> pairs = List.of();
  private @Nullable Channel open;
  private boolean opening;
  private boolean closed;

  /**
   * Not open yet.
   *
   * @param wildcard where the first listens
   * @param stun answers on both
   */
  SecondListener(EventLoops loops, InetAddress wildcard, StunSockets stun) {
    this.loops = loops;
    this.wildcard = wildcard;
    this.stun = stun;
  }

  /**
   * The first can be reached at these addresses now, most useful first.
   *
   * @return done when the second is as it should be; never fails
   */
  synchronized CompletableFuture<Void> follow(List<InetSocketAddress> reachable) {
    pairs =
        Stream.of(Inet4Address.class, Inet6Address.class)
            .flatMap(family -> AddressPair.of(reachable, family).stream())
            .toList();
    tell();
    if (closed || opening || open != null || pairs.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    opening = true;
    CompletableFuture<Void> done = new CompletableFuture<>();
    new ServerBootstrap()
        .group(loops.control(), loops.group())
        .channel(loops.serverChannel())
        .option(ChannelOption.SO_REUSEADDR, true)
        .childHandler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                stun.take(channel);
              }
            })
        .bind(new InetSocketAddress(wildcard, 0))
        .addListener(
            (ChannelFuture bound) -> {
              opened(bound);
              done.complete(null);
            });
    return done;
  }

  private synchronized void opened(ChannelFuture bound) {
    opening = false;
    if (closed) {
      bound.channel().close();
    } else if (bound.isSuccess()) {
      open = bound.channel();
      tell();
    }
  }

  private void tell() {
    Channel second = open;
    if (second != null) {
      int port = Addresses.plain(second.localAddress()).getPort();
      stun.alternates(pairs.stream().map(pair -> pair.with(port)).toList());
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (open != null) {
      open.close();
    }
  }
}
