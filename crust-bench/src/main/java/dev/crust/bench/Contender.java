package dev.crust.bench;

/** A connected pair on loopback that carries bytes one way, and a few there and back. */
interface Contender extends AutoCloseable {
  /** For what takes a second or two on a machine with nothing else to do. */
  int PATIENCE_SECONDS = 300;

  /** Sends this many bytes in writes of this size, and returns when the last has arrived. */
  void transfer(long bytes, int write) throws Exception;

  /** Sends this many bytes and returns when they are known to have arrived. */
  void roundTrip(int bytes) throws Exception;

  @Override
  void close();

  /** Makes a contender. */
  interface Factory {
    Contender create() throws Exception;
  }
}
