package dev.crust.cli;

import dev.crust.CrustAddress;
import dev.crust.Endpoint;
import dev.crust.EndpointBuilder;
import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.Identity;
import dev.crust.IdentityInUseException;
import dev.crust.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * How the endpoint of a command should be.
 *
 * @param key whose
 * @param network the network's name
 * @param listen where; empty: every interface, random ports
 * @param transports by what, of that
 * @param stun STUN servers to ask, by address or name
 * @param bootstrap endpoints to join through, one address a peer
 * @param beacon whether to look for peers on the LAN and be found
 * @param relaying what to have to do with relays
 * @param punching whether to punch holes into NATs
 */
record Setup(
    KeySource key,
    String network,
    List<ListenAddress> listen,
    Set<Transport> transports,
    List<InetSocketAddress> stun,
    List<CrustAddress> bootstrap,
    boolean beacon,
    Relaying relaying,
    Punching punching) {

  /** How long a dial may take unless the user says otherwise. */
  static final Duration DIAL_TIMEOUT = Duration.ofSeconds(10);

  /** The same without looking for peers. */
  Setup withoutBeacon() {
    return new Setup(key, network, listen, transports, stun, bootstrap, false, relaying, punching);
  }

  /** Another endpoint beside this one: with a key of its own, on any port, alone. */
  Setup another() {
    return new Setup(
        new KeySource.InMemory(),
        network,
        listen.stream().map(ListenAddress::anyPort).toList(),
        transports,
        List.of(),
        List.of(),
        false,
        relaying,
        punching);
  }

  /**
   * Opens the endpoint. It is closed when the process ends, whatever ends it.
   *
   * @param dialTimeout how long a dial may take in all
   */
  Endpoint open(Streams streams, Duration dialTimeout) throws CommandFailure {
    Identity identity = key.load();
    try {
      return open(identity, dialTimeout);
    } catch (IdentityInUseException e) {
      if (!(key instanceof KeySource.DefaultFile)) {
        throw CommandFailure.failed(
            e.getMessage() + "; end that one, or name another file with --identity");
      }
      streams.say(e.getMessage() + ": taking a new key, in memory only");
      return openAgain(dialTimeout);
    } catch (IOException e) {
      throw cannotOpen(e);
    }
  }

  private Endpoint openAgain(Duration dialTimeout) throws CommandFailure {
    try {
      return open(Identity.ephemeral(), dialTimeout);
    } catch (IOException e) {
      throw cannotOpen(e);
    }
  }

  private Endpoint open(Identity identity, Duration dialTimeout) throws IOException {
    EndpointBuilder builder =
        Endpoint.builder().identity(identity).network(network).dialTimeout(dialTimeout);
    builder.transports(transports).relaying(relaying).punching(punching);
    listen.forEach(place -> builder.listen(place.transport(), place.socket()));
    stun.forEach(builder::stunServer);
    if (!beacon) {
      builder.discoveries(List.of());
    }
    Endpoint endpoint = builder.open();
    // The JVM answers SIGINT and SIGTERM by running this and exiting with 130 and 143.
    Runtime.getRuntime().addShutdownHook(new Thread(endpoint::close, "close-endpoint"));
    return endpoint;
  }

  private static CommandFailure cannotOpen(IOException e) {
    return CommandFailure.failed(
        "the endpoint cannot open: " + FileTrouble.of(e) + "; another --listen may do");
  }
}
