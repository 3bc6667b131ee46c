/** Reliable, encrypted peer-to-peer connections between any two machines. */
// The lab is built after us, so its name is not known yet when this is compiled.
@SuppressWarnings("module")
module dev.crust {
  requires static transitive org.jspecify;
  requires com.google.protobuf;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.classes.quic;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;

  exports dev.crust;
  exports dev.crust.spi;
  exports dev.crust.proto to
      dev.crust.natlab;
  exports dev.crust.proto.nat to
      dev.crust.natlab;
  exports dev.crust.proto.punch to
      dev.crust.natlab;
  exports dev.crust.proto.stun to
      dev.crust.natlab;

  uses dev.crust.spi.Discovery;
  uses dev.crust.spi.TraversalMethod;

  provides dev.crust.spi.Discovery with
      dev.crust.io.beacon.Beacon;
  provides dev.crust.spi.TraversalMethod with
      dev.crust.driver.DialMethod,
      dev.crust.driver.TcpPunchMethod,
      dev.crust.driver.UdpPunchMethod;
}
