package dev.crust.natlab.sim;

/** Is told what happens to a {@link SimTcpConnection}. */
public interface TcpHandler {
  /** The connection is established: dialled, or come in at a listener. */
  default void connected(SimTcpConnection connection) {}

  /** Bytes came in. */
  default void received(SimTcpConnection connection, byte[] data) {}

  /** The other side will send no more (FIN). */
  default void ended(SimTcpConnection connection) {}

  /** The connection failed, or was never made. */
  default void failed(SimTcpConnection connection, TcpFailure failure) {}
}
