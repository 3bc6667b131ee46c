package dev.crust.natlab.kernel;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A UDP socket of a host that sends and expects words. */
record Udp(Host host, DatagramSocket socket) implements AutoCloseable {
  /**
   * A new link's first packet may be lost, and with it a second until the neighbour is asked again.
   */
  private static final int PATIENCE_MILLIS = 10_000;

  private static final int SILENCE_MILLIS = 500;

  static Udp on(Host host, int port) throws Exception {
    DatagramSocket socket = host.call(() -> new DatagramSocket(port));
    socket.setSoTimeout(PATIENCE_MILLIS);
    return new Udp(host, socket);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(host.address(), socket.getLocalPort());
  }

  void send(String word, InetSocketAddress to) throws IOException {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    socket.send(new DatagramPacket(bytes, bytes.length, to));
  }

  /** Whether nothing comes for a while. */
  boolean hearsNothing() throws IOException {
    socket.setSoTimeout(SILENCE_MILLIS);
    try {
      socket.receive(new DatagramPacket(new byte[1500], 1500));
      return false;
    } catch (SocketTimeoutException nothing) {
      return true;
    } finally {
      socket.setSoTimeout(PATIENCE_MILLIS);
    }
  }

  /** Waits for a word and returns where it came from. */
  InetSocketAddress receive(String word) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[1500], 1500);
    socket.receive(packet);
    String received = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    if (!received.equals(word)) {
      throw new IOException("'" + received + "' came, not '" + word + "'");
    }
    return (InetSocketAddress) packet.getSocketAddress();
  }

  @Override
  public void close() {
    socket.close();
  }
}
