/** What the library costs on top of Netty and TLS. */
module dev.crust.bench {
  requires com.fasterxml.jackson.core;
  requires dev.crust;
  requires dev.crust.natlab;
  requires info.picocli;
  requires io.netty.buffer;
  requires io.netty.codec.classes.quic;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires jdk.management;

  opens dev.crust.bench to
      info.picocli;
}
