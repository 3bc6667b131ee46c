package dev.crust.natlab.verify;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** Knocks at an outside port that nobody has opened, on real sockets. */
final class Stranger {
  private static final int PATIENCE_MILLIS = 900;

  private Stranger() {}

  /** Whether an ICMP error comes back, rather than nothing. */
  static boolean refusedByUdp(InetSocketAddress outside) throws IOException {
    try (DatagramChannel channel = DatagramChannel.open();
        Selector selector = Selector.open()) {
      channel.connect(outside);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      channel.write(ByteBuffer.wrap(new byte[] {(byte) 0xfe}));
      selector.select(PATIENCE_MILLIS);
      channel.read(ByteBuffer.allocate(16));
      return false;
    } catch (PortUnreachableException e) {
      return true;
    }
  }

  /** Whether a connection is refused, rather than unanswered. */
  static boolean refusedByTcp(InetSocketAddress outside) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(outside, PATIENCE_MILLIS);
      throw new IOException("somebody listens on " + outside);
    } catch (SocketTimeoutException e) {
      return false;
    } catch (ConnectException e) {
      return true;
    }
  }
}
