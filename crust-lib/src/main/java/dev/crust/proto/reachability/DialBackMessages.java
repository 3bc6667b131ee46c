package dev.crust.proto.reachability;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.wire.ReachabilityReport;
import dev.crust.proto.wire.ReachabilityRequest;
import dev.crust.proto.wire.TraversalCandidate;
import dev.crust.spi.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The bodies of a question for dial-backs and of its answer. */
final class DialBackMessages {
  /** As many addresses may be asked about at once. */
  static final int MAX_PROBES = 8;

  /**
   * What each address costs the asker, in bytes of its question: as many as a dial-back to it can
   * bring about at most, by TCP over IPv6. So nobody gains by having others dial.
   */
  static final int PRICE = 400;

  private static final int MAX_PORT = 65_535;

  /** An address to be dialled; empty if its protocol is one of a later version. */
  record Probe(Optional<Protocol> protocol, InetSocketAddress address, Nonce nonce) {}

  record Request(int id, List<Probe> probes) {}

  /** What was done about an address. */
  enum Status {
    REFUSED,
    FROM_OTHER_ADDRESS,
    FROM_SAME_ADDRESS
  }

  record Report(int id, List<Status> statuses) {}

  private DialBackMessages() {}

  static byte[] encode(Request request) {
    ReachabilityRequest.Builder message = ReachabilityRequest.newBuilder().setId(request.id());
    for (Probe each : request.probes()) {
      message.addProbes(
          ReachabilityRequest.Probe.newBuilder()
              .setProtocol(
                  each.protocol()
                      .map(
                          protocol ->
                              protocol == Protocol.UDP
                                  ? TraversalCandidate.Protocol.PROTOCOL_UDP
                                  : TraversalCandidate.Protocol.PROTOCOL_TCP)
                      .orElse(TraversalCandidate.Protocol.PROTOCOL_UNKNOWN))
              .setIp(ByteString.copyFrom(each.address().getAddress().getAddress()))
              .setPort(each.address().getPort())
              .setNonce(each.nonce().value()));
    }
    int owed = PRICE * request.probes().size() - message.build().getSerializedSize();
    return message
        .setPadding(ByteString.copyFrom(new byte[Math.max(0, owed)]))
        .build()
        .toByteArray();
  }

  static Request request(byte[] body) throws MalformedMessageException {
    ReachabilityRequest message;
    try {
      message = ReachabilityRequest.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("a reachability request that is not well-formed");
    }
    if (message.getProbesCount() > MAX_PROBES) {
      throw new MalformedMessageException(message.getProbesCount() + " addresses to dial back");
    }
    List<Probe> probes = new ArrayList<>();
    for (ReachabilityRequest.Probe each : message.getProbesList()) {
      Optional<Protocol> protocol =
          switch (each.getProtocol()) {
            case PROTOCOL_UDP -> Optional.of(Protocol.UDP);
            case PROTOCOL_TCP -> Optional.of(Protocol.TCP);
            case PROTOCOL_UNKNOWN, UNRECOGNIZED -> Optional.empty();
          };
      if (each.getPort() < 1 || each.getPort() > MAX_PORT || each.getNonce() == 0) {
        throw new MalformedMessageException("nothing to dial back to");
      }
      try {
        InetAddress ip = InetAddress.getByAddress(each.getIp().toByteArray());
        probes.add(
            new Probe(
                protocol, new InetSocketAddress(ip, each.getPort()), new Nonce(each.getNonce())));
      } catch (UnknownHostException e) {
        throw new MalformedMessageException("an IP of %d bytes".formatted(each.getIp().size()));
      }
    }
    return new Request(message.getId(), probes);
  }

  static byte[] encode(Report report) {
    ReachabilityReport.Builder message = ReachabilityReport.newBuilder().setId(report.id());
    for (Status each : report.statuses()) {
      message.addStatuses(
          switch (each) {
            case REFUSED -> ReachabilityReport.Status.STATUS_REFUSED;
            case FROM_OTHER_ADDRESS -> ReachabilityReport.Status.STATUS_FROM_OTHER_ADDRESS;
            case FROM_SAME_ADDRESS -> ReachabilityReport.Status.STATUS_FROM_SAME_ADDRESS;
          });
    }
    return message.build().toByteArray();
  }

  static Report report(byte[] body) throws MalformedMessageException {
    ReachabilityReport message;
    try {
      message = ReachabilityReport.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedMessageException("a reachability report that is not well-formed");
    }
    if (message.getStatusesCount() > MAX_PROBES) {
      throw new MalformedMessageException(message.getStatusesCount() + " reports at once");
    }
    List<Status> statuses = new ArrayList<>();
    for (ReachabilityReport.Status each : message.getStatusesList()) {
      statuses.add(
          switch (each) {
            case STATUS_FROM_OTHER_ADDRESS -> Status.FROM_OTHER_ADDRESS;
            case STATUS_FROM_SAME_ADDRESS -> Status.FROM_SAME_ADDRESS;
            case STATUS_REFUSED, STATUS_UNKNOWN, UNRECOGNIZED -> Status.REFUSED;
          });
    }
    return new Report(message.getId(), statuses);
  }
}
