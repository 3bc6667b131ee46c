package dev.crust.natlab.sim;

/** A TCP port that a simulated host listens on. */
public final class SimTcpListener implements AutoCloseable {
  private final TcpStack stack;
  private final int port;
  private final TcpHandler handler;

  SimTcpListener(TcpStack stack, int port, TcpHandler handler) {
    this.stack = stack;
    this.port = port;
    this.handler = handler;
  }

  /** The port. */
  public int port() {
    return port;
  }

  @Override
  public void close() {
    stack.unlisten(port);
  }

  TcpHandler handler() {
    return handler;
  }
}
