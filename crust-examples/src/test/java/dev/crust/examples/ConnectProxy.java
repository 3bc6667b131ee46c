package dev.crust.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP proxy on loopback that knows CONNECT alone, and can refuse it. */
final class ConnectProxy implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile boolean refusing;

  ConnectProxy() throws IOException {
    start(this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
  }

  /** The first lines of all requests so far. */
  List<String> asked() {
    return List.copyOf(asked);
  }

  void refuse() {
    refusing = true;
  }

  /** Drops every tunnel. */
  void cut() {
    sockets.forEach(ConnectProxy::closeQuietly);
    sockets.clear();
  }

  private interface Step {
    void run() throws IOException;
  }

  private static void start(Step step) {
    Thread thread =
        new Thread(
            () -> {
              try {
                step.run();
              } catch (IOException e) {
                // One end has gone, or the test is over.
                return;
              }
            },
            "proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (!server.isClosed()) {
      Socket client = server.accept();
      sockets.add(client);
      start(() -> serve(client));
    }
  }

  private void serve(Socket client) throws IOException {
    String request = header(client.getInputStream());
    String first = request.lines().findFirst().orElse("");
    asked.add(first);
    String[] words = first.split(" ", -1);
    if (refusing || words.length != 3 || !words[0].equals("CONNECT")) {
      say(client, "HTTP/1.1 403 Forbidden\r\n\r\n");
      client.close();
      return;
    }
    int colon = words[1].lastIndexOf(':');
    Socket server =
        new Socket(words[1].substring(0, colon), Integer.parseInt(words[1].substring(colon + 1)));
    sockets.add(server);
    say(client, "HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n");
    start(() -> pump(server, client));
    pump(client, server);
  }

  private static String header(InputStream in) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf("\r\n\r\n") < 0 && read.length() < 8192) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the client has gone");
      }
      read.append((char) next);
    }
    return read.toString();
  }

  private static void say(Socket to, String text) throws IOException {
    OutputStream out = to.getOutputStream();
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private static void pump(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is to be gone, and is.
      return;
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
  }
}
