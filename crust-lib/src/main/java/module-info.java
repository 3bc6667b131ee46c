/** Reliable, encrypted peer-to-peer connections between any two machines. */
module dev.crust {
  requires static transitive org.jspecify;
  requires com.google.protobuf;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;

  exports dev.crust;
  exports dev.crust.spi;

  uses dev.crust.spi.Discovery;

  provides dev.crust.spi.Discovery with
      dev.crust.io.beacon.Beacon;
}
