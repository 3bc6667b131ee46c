package dev.crust.bench;

import dev.crust.Transport;

/** Pings of a connection: from endpoint to endpoint and back. Used by one thread. */
final class CrustPings implements Contender {
  private final CrustPair pair;

  CrustPings(Transport transport) throws Exception {
    pair = new CrustPair(transport);
  }

  @Override
  public void transfer(long bytes, int write) {
    throw new UnsupportedOperationException("a ping carries nothing");
  }

  @Override
  public void roundTrip(int bytes) throws Exception {
    CrustPair.await(pair.connection().ping());
  }

  @Override
  public void close() {
    pair.close();
  }
}
