/** Reliable, encrypted peer-to-peer connections. */
module dev.crust {
  requires static transitive org.jspecify;
  requires com.google.protobuf;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.codec;
  requires io.netty.transport.classes.epoll;

  exports dev.crust;
}
