package dev.crust.io;

import dev.crust.proto.datagram.ConnectionId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicCongestionControlAlgorithm;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicTokenHandler;
import io.netty.handler.codec.quic.SegmentedDatagramPacketAllocator;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** How we speak QUIC: both codecs of a port, with their numbers. Stateless and thread-safe. */
final class QuicCodecs {
  /** With IPv6 and UDP headers just what an Ethernet carries; probed for, beginning at 1200. */
  static final int MAX_PAYLOAD = 1452;

  /** Datagrams that one system call hands to the kernel. */
  private static final int SEGMENTS = 32;

  /** Grown by quiche as the reader keeps up; a sender that is not admitted yet gets no further. */
  private static final long INITIAL_WINDOW = 1 << 20;

  /** As often can a peer change its address (RFC 9000 §5.1.1). */
  static final int CONNECTION_IDS = 64;

  private QuicCodecs() {}

  static ChannelHandler server(
      QuicTls tls,
      DatagramSplitter splitter,
      QuicTokenHandler tokens,
      boolean segments,
      ChannelInitializer<QuicChannel> accepted) {
    QuicServerCodecBuilder builder =
        common(new QuicServerCodecBuilder())
            .sslEngineProvider(tls::serverEngine)
            .initialMaxStreamsBidirectional(1)
            .initialMaxStreamDataBidirectionalRemote(INITIAL_WINDOW)
            .connectionIdAddressGenerator(splitter)
            .tokenHandler(tokens)
            .handler(accepted);
    if (segments) {
      builder.option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, segmented());
    }
    return builder.build();
  }

  static ChannelHandler client(QuicTls tls) {
    return common(new QuicClientCodecBuilder())
        .sslEngineProvider(tls::clientEngine)
        .initialMaxStreamDataBidirectionalLocal(INITIAL_WINDOW)
        .build();
  }

  /** Nobody but the session says when a peer has been silent for too long: no idle timeout. */
  private static <B extends QuicCodecBuilder<B>> B common(B builder) {
    return builder
        .localConnectionIdLength(ConnectionId.LENGTH)
        .activeConnectionIdLimit(CONNECTION_IDS)
        .grease(false)
        .maxIdleTimeout(0, TimeUnit.MILLISECONDS)
        .maxSendUdpPayloadSize(MAX_PAYLOAD)
        .maxRecvUdpPayloadSize(MAX_PAYLOAD)
        .discoverPmtu(true)
        .initialMaxData(INITIAL_WINDOW)
        .congestionControlAlgorithm(QuicCongestionControlAlgorithm.CUBIC);
  }

  /**
   * Generic segmentation offload, where the kernel has it. Netty's own allocator is of no use to a
   * named module: the module of QUIC asks for epoll's by a wrong name, and cannot see it.
   */
  static SegmentedDatagramPacketAllocator segmented() {
    return EpollDatagramChannel.isSegmentedDatagramPacketSupported()
        ? new Segmented()
        : SegmentedDatagramPacketAllocator.NONE;
  }

  /** Hands the kernel many datagrams in one piece. Stateless. */
  private static final class Segmented implements SegmentedDatagramPacketAllocator {
    @Override
    public int maxNumSegments() {
      return SEGMENTS;
    }

    @Override
    public DatagramPacket newPacket(ByteBuf buffer, int segmentSize, InetSocketAddress remote) {
      return new SegmentedDatagramPacket(buffer, segmentSize, remote);
    }
  }

  /** RFC 8899 probes need to know what the way takes in one piece, so nothing may cut it up. */
  static void neverFragment(Channel channel, boolean ipv6) {
    int level = ipv6 ? 41 : 0; // IPPROTO_IPV6, IPPROTO_IP
    int option = ipv6 ? 23 : 10; // IPV6_MTU_DISCOVER, IP_MTU_DISCOVER
    int probe = 3; // IP_PMTUDISC_PROBE
    ChannelOption<Integer> discover = new IntegerUnixChannelOption("MTU_DISCOVER", level, option);
    channel.config().setOption(discover, probe);
  }
}
