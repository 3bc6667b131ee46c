/** What the library costs on top of Netty and TLS. */
module dev.crust.bench {
  requires dev.crust;
  requires io.netty.buffer;
  requires io.netty.codec.classes.quic;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
}
