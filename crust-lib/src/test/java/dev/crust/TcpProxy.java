package dev.crust;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
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
  private volatile boolean silent;
  private volatile CountDownLatch gate = new CountDownLatch(0);

  TcpProxy(int target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
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
        Socket out = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(in);
        sockets.add(out);
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
          synchronized (record) {
            record.write(buffer, 0, n);
          }
          out.write(buffer, 0, n);
        }
      }
    } catch (IOException | InterruptedException closed) {
      return;
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
