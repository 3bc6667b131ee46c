package dev.crust.proto.nat;

import com.google.protobuf.ByteString;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.wire.NatProfile;
import dev.crust.proto.wire.TraversalSituation;
import dev.crust.spi.PortAllocation;
import dev.crust.spi.Profile;
import dev.crust.spi.Profile.Filtering;
import dev.crust.spi.Profile.Mapping;
import dev.crust.spi.Profile.Outbound;
import dev.crust.spi.Profile.Reachability;
import dev.crust.spi.Protocol;
import dev.crust.spi.Situation;
import dev.crust.spi.TraversalCandidate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A {@link Situation} as a protobuf message, and back. */
public final class SituationCodec {
  /** The longest encoding, in bytes: 16 IPv6 candidates and 12 methods take less. */
  public static final int MAX_LENGTH = 1024;

  private static final int MAX_PORT = 65_535;

  private SituationCodec() {}

  /** The message. */
  public static TraversalSituation toWire(Situation situation) {
    TraversalSituation.Builder message =
        TraversalSituation.newBuilder()
            .setUdp(toWire(situation.udp()))
            .setTcp(toWire(situation.tcp()));
    situation.candidates().forEach(each -> message.addCandidates(toWire(each)));
    message.addAllMethods(situation.methods());
    return message.build();
  }

  /**
   * Reads a message.
   *
   * @throws MalformedMessageException if it is too large, or says what cannot be
   */
  public static Situation fromWire(TraversalSituation message) throws MalformedMessageException {
    if (message.getSerializedSize() > MAX_LENGTH
        || message.getCandidatesCount() > Situation.MAX_CANDIDATES
        || message.getMethodsCount() > Situation.MAX_METHODS) {
      throw new MalformedMessageException(
          "a situation of %d bytes with %d candidates and %d methods"
              .formatted(
                  message.getSerializedSize(),
                  message.getCandidatesCount(),
                  message.getMethodsCount()));
    }
    List<TraversalCandidate> candidates = new ArrayList<>();
    for (dev.crust.proto.wire.TraversalCandidate each : message.getCandidatesList()) {
      candidate(each).ifPresent(candidates::add);
    }
    List<String> methods =
        message.getMethodsCount() == 0 ? Situation.UNSAID : message.getMethodsList();
    return new Situation(profile(message.getUdp()), profile(message.getTcp()), candidates, methods);
  }

  private static NatProfile toWire(Profile profile) {
    return NatProfile.newBuilder()
        .setOutbound(
            switch (profile.outbound()) {
              case FREE -> NatProfile.Outbound.OUTBOUND_FREE;
              case ONLY_443 -> NatProfile.Outbound.OUTBOUND_ONLY_443;
              case BLOCKED -> NatProfile.Outbound.OUTBOUND_BLOCKED;
              case UNKNOWN -> NatProfile.Outbound.OUTBOUND_UNKNOWN;
            })
        .setMapping(
            switch (profile.mapping()) {
              case NONE -> NatProfile.Mapping.MAPPING_NONE;
              case ENDPOINT_INDEPENDENT -> NatProfile.Mapping.MAPPING_ENDPOINT_INDEPENDENT;
              case ADDRESS_DEPENDENT -> NatProfile.Mapping.MAPPING_ADDRESS_DEPENDENT;
              case ADDRESS_AND_PORT_DEPENDENT ->
                  NatProfile.Mapping.MAPPING_ADDRESS_AND_PORT_DEPENDENT;
              case UNKNOWN -> NatProfile.Mapping.MAPPING_UNKNOWN;
            })
        .setFiltering(
            switch (profile.filtering()) {
              case ENDPOINT_INDEPENDENT -> NatProfile.Filtering.FILTERING_ENDPOINT_INDEPENDENT;
              case ADDRESS_DEPENDENT -> NatProfile.Filtering.FILTERING_ADDRESS_DEPENDENT;
              case ADDRESS_AND_PORT_DEPENDENT ->
                  NatProfile.Filtering.FILTERING_ADDRESS_AND_PORT_DEPENDENT;
              case UNKNOWN -> NatProfile.Filtering.FILTERING_UNKNOWN;
            })
        .setAllocation(
            switch (profile.allocation().pattern()) {
              case PRESERVED -> NatProfile.Allocation.ALLOCATION_PRESERVED;
              case SEQUENTIAL -> NatProfile.Allocation.ALLOCATION_SEQUENTIAL;
              case RANDOM -> NatProfile.Allocation.ALLOCATION_RANDOM;
              case UNKNOWN -> NatProfile.Allocation.ALLOCATION_UNKNOWN;
            })
        .setDelta(profile.allocation().delta())
        .setReachability(
            switch (profile.reachability()) {
              case PUBLIC -> NatProfile.Reachability.REACHABILITY_PUBLIC;
              case PUNCHABLE -> NatProfile.Reachability.REACHABILITY_PUNCHABLE;
              case BLOCKED -> NatProfile.Reachability.REACHABILITY_BLOCKED;
              case UNKNOWN -> NatProfile.Reachability.REACHABILITY_UNKNOWN;
            })
        .build();
  }

  private static Profile profile(NatProfile message) throws MalformedMessageException {
    return new Profile(
        switch (message.getOutbound()) {
          case OUTBOUND_FREE -> Outbound.FREE;
          case OUTBOUND_ONLY_443 -> Outbound.ONLY_443;
          case OUTBOUND_BLOCKED -> Outbound.BLOCKED;
          case OUTBOUND_UNKNOWN, UNRECOGNIZED -> Outbound.UNKNOWN;
        },
        switch (message.getMapping()) {
          case MAPPING_NONE -> Mapping.NONE;
          case MAPPING_ENDPOINT_INDEPENDENT -> Mapping.ENDPOINT_INDEPENDENT;
          case MAPPING_ADDRESS_DEPENDENT -> Mapping.ADDRESS_DEPENDENT;
          case MAPPING_ADDRESS_AND_PORT_DEPENDENT -> Mapping.ADDRESS_AND_PORT_DEPENDENT;
          case MAPPING_UNKNOWN, UNRECOGNIZED -> Mapping.UNKNOWN;
        },
        switch (message.getFiltering()) {
          case FILTERING_ENDPOINT_INDEPENDENT -> Filtering.ENDPOINT_INDEPENDENT;
          case FILTERING_ADDRESS_DEPENDENT -> Filtering.ADDRESS_DEPENDENT;
          case FILTERING_ADDRESS_AND_PORT_DEPENDENT -> Filtering.ADDRESS_AND_PORT_DEPENDENT;
          case FILTERING_UNKNOWN, UNRECOGNIZED -> Filtering.UNKNOWN;
        },
        allocation(message),
        switch (message.getReachability()) {
          case REACHABILITY_PUBLIC -> Reachability.PUBLIC;
          case REACHABILITY_PUNCHABLE -> Reachability.PUNCHABLE;
          case REACHABILITY_BLOCKED -> Reachability.BLOCKED;
          case REACHABILITY_UNKNOWN, UNRECOGNIZED -> Reachability.UNKNOWN;
        });
  }

  private static PortAllocation allocation(NatProfile message) throws MalformedMessageException {
    int delta = message.getDelta();
    return switch (message.getAllocation()) {
      case ALLOCATION_PRESERVED -> PortAllocation.PRESERVED;
      case ALLOCATION_SEQUENTIAL -> {
        if (delta == 0 || delta < -Profile.MAX_DELTA || delta > Profile.MAX_DELTA) {
          throw new MalformedMessageException("a sequence in steps of " + delta);
        }
        yield PortAllocation.sequential(delta);
      }
      case ALLOCATION_RANDOM -> PortAllocation.RANDOM;
      case ALLOCATION_UNKNOWN, UNRECOGNIZED -> PortAllocation.UNKNOWN;
    };
  }

  private static dev.crust.proto.wire.TraversalCandidate toWire(TraversalCandidate candidate) {
    return dev.crust.proto.wire.TraversalCandidate.newBuilder()
        .setKind(
            switch (candidate.kind()) {
              case HOST -> dev.crust.proto.wire.TraversalCandidate.Kind.KIND_HOST;
              case MAPPED -> dev.crust.proto.wire.TraversalCandidate.Kind.KIND_MAPPED;
              case SERVER_REFLEXIVE ->
                  dev.crust.proto.wire.TraversalCandidate.Kind.KIND_SERVER_REFLEXIVE;
              case PEER_REFLEXIVE ->
                  dev.crust.proto.wire.TraversalCandidate.Kind.KIND_PEER_REFLEXIVE;
            })
        .setProtocol(
            switch (candidate.protocol()) {
              case UDP -> dev.crust.proto.wire.TraversalCandidate.Protocol.PROTOCOL_UDP;
              case TCP -> dev.crust.proto.wire.TraversalCandidate.Protocol.PROTOCOL_TCP;
            })
        .setIp(ByteString.copyFrom(candidate.address().getAddress().getAddress()))
        .setPort(candidate.address().getPort())
        .build();
  }

  private static Optional<TraversalCandidate> candidate(
      dev.crust.proto.wire.TraversalCandidate message) throws MalformedMessageException {
    Optional<TraversalCandidate.Kind> kind =
        switch (message.getKind()) {
          case KIND_HOST -> Optional.of(TraversalCandidate.Kind.HOST);
          case KIND_MAPPED -> Optional.of(TraversalCandidate.Kind.MAPPED);
          case KIND_SERVER_REFLEXIVE -> Optional.of(TraversalCandidate.Kind.SERVER_REFLEXIVE);
          case KIND_PEER_REFLEXIVE -> Optional.of(TraversalCandidate.Kind.PEER_REFLEXIVE);
          case KIND_UNKNOWN, UNRECOGNIZED -> Optional.empty();
        };
    Optional<Protocol> protocol =
        switch (message.getProtocol()) {
          case PROTOCOL_UDP -> Optional.of(Protocol.UDP);
          case PROTOCOL_TCP -> Optional.of(Protocol.TCP);
          case PROTOCOL_UNKNOWN, UNRECOGNIZED -> Optional.empty();
        };
    InetSocketAddress address = address(message.getIp(), message.getPort());
    return kind.flatMap(k -> protocol.map(p -> new TraversalCandidate(k, p, address)));
  }

  private static InetSocketAddress address(ByteString ip, int port)
      throws MalformedMessageException {
    try {
      InetAddress address = InetAddress.getByAddress(ip.toByteArray());
      if (TraversalCandidate.isUnicast(address) && port > 0 && port <= MAX_PORT) {
        return new InetSocketAddress(address, port);
      }
      throw new MalformedMessageException("no address to send to: " + address + " port " + port);
    } catch (UnknownHostException e) {
      throw new MalformedMessageException("an IP address of " + ip.size() + " bytes");
    }
  }
}
