package dev.crust;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** Stands between two endpoints on loopback: records what passes, and can fall silent or cut. */
final class TcpProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<ByteArrayOutputStream> recorded = new CopyOnWriteArrayList<>();
  private final InetAddress towardsTarget;
  private final boolean records;
  private final Fuse fuse;
  private volatile boolean silent;
  private volatile CountDownLatch gate = new CountDownLatch(0);

  TcpProxy(int target) throws IOException {
    this(target, InetAddress.getLoopbackAddress(), InetAddress.getLoopbackAddress(), true);
  }

  /**
   * A proxy that is not on loopback for the dialler, or for the target, or for both: to whom it is
   * not, an endpoint that listens on loopback alone does not tell where.
   */
  TcpProxy(int target, InetAddress towardsDialler, InetAddress towardsTarget, boolean records)
      throws IOException {
    this(target, towardsDialler, towardsTarget, records, new Fuse());
  }

  /** The same, with a fuse that burns in the middle of what passes. */
  TcpProxy(
      int target, InetAddress towardsDialler, InetAddress towardsTarget, boolean records, Fuse fuse)
      throws IOException {
    this.target = target;
    this.towardsTarget = towardsTarget;
    this.records = records;
    this.fuse = fuse;
    this.server = new ServerSocket(0, 50, towardsDialler);
    start(this::accept);
  }

  /** An address of this host that is not a loopback one. */
  static InetAddress elsewhere() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(ip -> ip instanceof Inet4Address && !ip.isLoopbackAddress())
        .findFirst()
        .orElseThrow(() -> new IOException("this host has no address but loopback"));
  }

  InetSocketAddress address() {
    return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
  }

  /** Cuts every connection in the middle of what passes, after so many bytes more. */
  void cutAfter(long bytes) {
    fuse.light(bytes, this::cut);
  }

  /** Whether the cut is still to come. */
  boolean cutIsDue() {
    return fuse.burns();
  }

  int port() {
    return server.getLocalPort();
  }

  /** Passes nothing on from now on, and says nothing about it. */
  void fallSilent() {
    silent = true;
  }

  /** Accepts, but passes nothing on before {@link #release}. */
  void holdBack() {
    gate = new CountDownLatch(1);
  }

  void release() {
    gate.countDown();
  }

  /** Closes every connection. */
  void cut() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** The bytes that went one way, for each way of each connection. */
  List<byte[]> recorded() {
    List<byte[]> all = new ArrayList<>();
    for (ByteArrayOutputStream stream : recorded) {
      synchronized (stream) {
        all.add(stream.toByteArray());
      }
    }
    return all;
  }

  private void accept() {
    try {
      while (true) {
        Socket in = server.accept();
        Socket out = new Socket(InetAddress.getLoopbackAddress(), target, towardsTarget, 0);
        sockets.removeIf(Socket::isClosed);
        sockets.add(in);
        sockets.add(out);
        if (server.isClosed()) {
          cut();
        }
        start(() -> pass(in, out));
        start(() -> pass(out, in));
      }
    } catch (IOException closed) {
      return;
    }
  }

  private void pass(Socket from, Socket to) {
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    recorded.add(record);
    byte[] buffer = new byte[16 << 10];
    try (to) {
      gate.await();
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (!silent) {
          if (records) {
            synchronized (record) {
              record.write(buffer, 0, n);
            }
          }
          passOn(buffer, n, out);
        }
      }
    } catch (IOException | InterruptedException closed) {
      return;
    }
  }

  private void passOn(byte[] bytes, int length, OutputStream out) throws IOException {
    int passing = fuse.burn(length);
    out.write(bytes, 0, passing);
    if (passing < length) {
      fuse.blow();
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }
}
