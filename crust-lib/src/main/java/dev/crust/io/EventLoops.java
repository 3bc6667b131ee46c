package dev.crust.io;

import io.netty.bootstrap.AbstractBootstrap;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.StandardSocketOptions;
import java.util.concurrent.TimeUnit;

/**
 * The I/O threads of one endpoint: epoll on Linux, NIO elsewhere. The first loop is also the
 * control loop; paths are spread over all of them. A loop's thread starts with its first task.
 * Thread-safe.
 */
public final class EventLoops implements AutoCloseable {
  private static final int MAX_LOOPS = 8;

  private final boolean epoll = Epoll.isAvailable();
  private final MultiThreadIoEventLoopGroup group;
  private final EventLoop control;

  /** Loops whose threads carry this name. */
  public EventLoops(String name) {
    IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    int loops = Math.min(MAX_LOOPS, Runtime.getRuntime().availableProcessors());
    this.group =
        new MultiThreadIoEventLoopGroup(loops, new DefaultThreadFactory(name, true), handlers);
    this.control = group.next();
  }

  /** The loop on which the endpoint's machines run. */
  public EventLoop control() {
    return control;
  }

  MultiThreadIoEventLoopGroup group() {
    return group;
  }

  Class<? extends ServerChannel> serverChannel() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  Class<? extends SocketChannel> socketChannel() {
    return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** A socket of UDP of the family of this address. */
  ChannelFactory<DatagramChannel> datagramChannel(InetAddress address) {
    SocketProtocolFamily family =
        address instanceof Inet6Address ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
    return epoll ? () -> new EpollDatagramChannel(family) : () -> new NioDatagramChannel(family);
  }

  /**
   * Lets several sockets of ours have one local port: a listener, and those that connect from it.
   * Netty's ready-made option does not reach client sockets of epoll.
   */
  void shareLocalPort(AbstractBootstrap<?, ?> bootstrap) {
    if (epoll) {
      bootstrap.option(new IntegerUnixChannelOption("SO_REUSEPORT", 1, 15), 1);
    } else {
      bootstrap.option(NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT), true);
    }
  }

  public boolean epoll() {
    return epoll;
  }

  /**
   * Ends the threads, waiting at most a few seconds for them. Not to be called from one of them.
   */
  @Override
  public void close() {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    boolean interrupted = false;
    try {
      group.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
