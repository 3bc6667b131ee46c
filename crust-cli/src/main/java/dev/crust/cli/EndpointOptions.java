package dev.crust.cli;

import dev.crust.CrustAddress;
import dev.crust.EndpointBuilder.Punching;
import dev.crust.EndpointBuilder.Relaying;
import dev.crust.PeerId;
import dev.crust.Transport;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that opens an endpoint. */
final class EndpointOptions {
  /** What to dial and listen by. */
  enum Transports {
    TCP,
    QUIC,
    ANY
  }

  @Mixin private IdentityOptions identity = new IdentityOptions();
  @Mixin private OutputOptions output = new OutputOptions();
  @Mixin private LaterOptions later = new LaterOptions();
  @ArgGroup private Relays relays = new Relays();

  /** One of them. */
  static final class Relays {
    @Option(
        names = "--relay",
        description = "let others relay through us, within limits (on if an address is public)")
    private boolean offer;

    @Option(names = "--no-relay", description = "neither use relays nor be one")
    private boolean never;

    Relaying relaying() {
      if (never) {
        return Relaying.NEVER;
      }
      return offer ? Relaying.ALWAYS : Relaying.WHEN_PUBLIC;
    }
  }

  @Option(
      names = "--config",
      paramLabel = "FILE",
      converter = Converters.File.class,
      description = "JSON config; options win over it")
  private @Nullable Path config;

  @Option(
      names = "--network",
      paramLabel = "NAME",
      converter = Converters.Network.class,
      description = "only peers of the same network name connect (public)")
  private @Nullable String network;

  @Option(
      names = "--listen",
      paramLabel = "ADDR",
      split = ",",
      converter = Converters.Listen.class,
      description =
          "tcp://IP:PORT or quic://IP:PORT, several with commas (both, every interface, random"
              + " ports)")
  private List<ListenAddress> listen = new ArrayList<>();

  @Option(
      names = "--bootstrap",
      paramLabel = "CRUST_ADDRESS",
      converter = Converters.Address.class,
      description = "an endpoint to join through, repeatable")
  private List<CrustAddress> bootstrap = new ArrayList<>();

  @Option(
      names = "--stun",
      paramLabel = "HOST:PORT",
      converter = Converters.Server.class,
      description = "an extra STUN server to ask for our outside address, repeatable")
  private List<InetSocketAddress> stun = new ArrayList<>();

  @Option(names = "--no-beacon", description = "neither look for peers on the LAN nor be found")
  private boolean noBeacon;

  @Option(names = "--no-punch", description = "punch no holes into NATs and firewalls")
  private boolean noPunch;

  @Option(
      names = "--transport",
      paramLabel = "tcp|quic|any",
      description = "restrict transports (any)")
  private Transports transport = Transports.ANY;

  OutputOptions output() {
    return output;
  }

  /** What the options and the config file amount to. Says on standard error what is ignored. */
  Setup setup(Streams streams) throws CommandFailure {
    ConfigFile file = config == null ? ConfigFile.NONE : ConfigFile.read(config, streams.home());
    later.check();
    List<ListenAddress> places = listen.isEmpty() ? file.listen() : listen;
    List<CrustAddress> join = bootstrap.isEmpty() ? file.bootstrap() : bootstrap;
    if (output.verbosity() != Verbosity.QUIET) {
      warn(file, streams);
    }
    return new Setup(
        identity.source(file.identity(), streams.home()),
        network != null ? network : file.network().orElse("public"),
        places,
        transports(places),
        List.copyOf(stun),
        merged(join),
        !noBeacon,
        relays.relaying(),
        noPunch ? Punching.OFF : Punching.ON);
  }

  private void warn(ConfigFile file, Streams streams) {
    if (!file.unknown().isEmpty()) {
      streams.say(
          "the config file '"
              + config
              + "' has keys that this version does not know: "
              + String.join(", ", file.unknown()));
    }
    List<String> ignored = later.given();
    if (!ignored.isEmpty()) {
      streams.say(
          "this version has no help against NATs but relays and punching yet, and ignores "
              + String.join(", ", ignored));
    }
  }

  /** Of a transport that is asked for alone, some place to listen must be left. */
  private Set<Transport> transports(List<ListenAddress> places) throws CommandFailure {
    if (transport == Transports.ANY) {
      return EnumSet.allOf(Transport.class);
    }
    Transport only = transport == Transports.TCP ? Transport.TCP : Transport.QUIC;
    if (!places.isEmpty() && places.stream().noneMatch(place -> place.transport() == only)) {
      throw CommandFailure.usage(
          "--transport %s needs a place of %s://IP:PORT in --listen".formatted(only, only));
    }
    return EnumSet.of(only);
  }

  /** One address a peer. */
  private static List<CrustAddress> merged(List<CrustAddress> addresses) {
    Map<PeerId, CrustAddress> byPeer = new LinkedHashMap<>();
    for (CrustAddress address : addresses) {
      byPeer.merge(address.peer(), address, EndpointOptions::merged);
    }
    return List.copyOf(byPeer.values());
  }

  private static CrustAddress merged(CrustAddress one, CrustAddress other) {
    return new CrustAddress(
        one.peer(),
        Stream.concat(one.candidates().stream(), other.candidates().stream())
            .distinct()
            .limit(CrustAddress.MAX_CANDIDATES)
            .toList(),
        Stream.concat(one.via().stream(), other.via().stream())
            .distinct()
            .limit(CrustAddress.MAX_CANDIDATES)
            .toList());
  }
}
