package dev.crust.proto.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.crust.proto.MalformedMessageException;
import dev.crust.proto.stun.NatBehaviour;
import dev.crust.proto.stun.NatBehaviour.Hairpin;
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
import dev.crust.spi.TraversalCandidate.Kind;
import dev.crust.spi.TraversalMethod;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SituationTest {
  private static final InetSocketAddress OUTSIDE = new InetSocketAddress("198.51.100.1", 4001);
  private static final NatBehaviour ANSWERED =
      new NatBehaviour(
          Mapping.ADDRESS_AND_PORT_DEPENDENT,
          Filtering.UNKNOWN,
          PortAllocation.sequential(2),
          Hairpin.UNKNOWN,
          List.of(OUTSIDE));
  private static final NatBehaviour SILENCE =
      new NatBehaviour(
          Mapping.UNKNOWN, Filtering.UNKNOWN, PortAllocation.UNKNOWN, Hairpin.UNKNOWN, List.of());

  private static List<String> longestNames() {
    List<String> names =
        IntStream.range(0, Situation.MAX_METHODS)
            .mapToObj("method-with-the-longest-name-%03d"::formatted)
            .toList();
    assertThat(names.get(0)).hasSize(TraversalMethod.MAX_NAME);
    return names;
  }

  @Test
  void methods_are_told_and_those_of_old_understood() throws Exception {
    Situation situation = Situation.UNKNOWN.with(longestNames());
    assertThat(SituationCodec.fromWire(SituationCodec.toWire(situation))).isEqualTo(situation);
    TraversalSituation mute = SituationCodec.toWire(situation).toBuilder().clearMethods().build();
    assertThat(SituationCodec.fromWire(mute).methods())
        .containsExactly("dial", "tcp-punch", "udp-punch");
    TraversalSituation many =
        SituationCodec.toWire(situation).toBuilder().addMethods("one-more").build();
    assertThatThrownBy(() -> SituationCodec.fromWire(many))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining("13 methods");
  }

  @Test
  void round_trip_with_as_many_candidates_as_allowed() throws Exception {
    List<TraversalCandidate> candidates =
        IntStream.range(0, Situation.MAX_CANDIDATES)
            .mapToObj(
                i ->
                    new TraversalCandidate(
                        List.of(Kind.values()).get(i % 4),
                        List.of(Protocol.values()).get(i % 2),
                        new InetSocketAddress("2001:db8:ffff:ffff:ffff:ffff:ffff:" + i, 65_535)))
            .toList();
    Profile profile =
        new Profile(
            Outbound.ONLY_443,
            Mapping.ADDRESS_DEPENDENT,
            Filtering.ADDRESS_AND_PORT_DEPENDENT,
            PortAllocation.sequential(-256),
            Reachability.PUNCHABLE);
    Situation situation = new Situation(profile, Profile.BLOCKED, candidates, longestNames());

    TraversalSituation wire = SituationCodec.toWire(situation);

    assertThat(wire.getSerializedSize()).isLessThanOrEqualTo(SituationCodec.MAX_LENGTH);
    assertThat(SituationCodec.fromWire(TraversalSituation.parseFrom(wire.toByteArray())))
        .isEqualTo(situation);
  }

  @Test
  void silence_proves_a_block_only_if_another_protocol_was_answered() {
    assertThat(measured(SILENCE, ANSWERED, SILENCE).udp()).isEqualTo(Profile.BLOCKED);
    assertThat(measured(SILENCE, SILENCE, SILENCE).udp()).isEqualTo(Profile.UNKNOWN);
    assertThat(measured(ANSWERED, SILENCE, SILENCE).tcp()).isEqualTo(Profile.BLOCKED);
    assertThat(measured(ANSWERED, ANSWERED, SILENCE).tcp().outbound()).isEqualTo(Outbound.FREE);
  }

  @Test
  void only_port_443_is_a_finding_of_its_own() {
    Situation situation = measured(SILENCE, SILENCE, ANSWERED);
    assertThat(situation.udp().outbound()).isEqualTo(Outbound.BLOCKED);
    assertThat(situation.tcp().outbound()).isEqualTo(Outbound.ONLY_443);
    assertThat(situation.tcp().mapping()).isEqualTo(Mapping.ADDRESS_AND_PORT_DEPENDENT);
  }

  @Test
  void what_was_not_tried_is_unknown() {
    Situation situation =
        StunEvidence.situation(Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    assertThat(situation).isEqualTo(Situation.UNKNOWN);
  }

  @Test
  void later_versions_may_know_more_kinds() throws Exception {
    TraversalSituation later =
        TraversalSituation.newBuilder()
            .setUdp(NatProfile.newBuilder().setMappingValue(99).setAllocationValue(7).setDelta(3))
            .addCandidates(wire(new byte[] {1, 2, 3, 4}, 5).setKindValue(77))
            .addCandidates(wire(new byte[] {1, 2, 3, 4}, 5).setProtocolValue(77))
            .addCandidates(wire(new byte[] {1, 2, 3, 4}, 5))
            .build();
    Situation situation = SituationCodec.fromWire(later);
    assertThat(situation.udp()).isEqualTo(Profile.UNKNOWN);
    assertThat(situation.candidates()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0,5", "224.0.0.1,5", "255.255.255.255,5", "240.0.0.1,5", "1.2.3.4,0"})
  void refuses_what_cannot_be_sent_to(String ip, int port) throws Exception {
    byte[] bytes = java.net.InetAddress.getByName(ip).getAddress();
    assertMalformed(TraversalSituation.newBuilder().addCandidates(wire(bytes, port)).build());
  }

  @Test
  void refuses_what_is_out_of_bounds() {
    assertMalformed(TraversalSituation.newBuilder().addCandidates(wire(new byte[5], 5)).build());
    assertMalformed(
        TraversalSituation.newBuilder()
            .addCandidates(wire(new byte[] {1, 2, 3, 4}, 70_000))
            .build());
    TraversalSituation.Builder many = TraversalSituation.newBuilder();
    IntStream.range(0, 17).forEach(i -> many.addCandidates(wire(new byte[] {1, 2, 3, 4}, 5)));
    assertMalformed(many.build());
    NatProfile.Builder steep =
        NatProfile.newBuilder()
            .setAllocation(NatProfile.Allocation.ALLOCATION_SEQUENTIAL)
            .setDelta(4097);
    assertMalformed(TraversalSituation.newBuilder().setTcp(steep).build());
    assertMalformed(TraversalSituation.newBuilder().setTcp(steep.setDelta(0)).build());
  }

  private static void assertMalformed(TraversalSituation message) {
    assertThatThrownBy(() -> SituationCodec.fromWire(message))
        .isInstanceOf(MalformedMessageException.class);
  }

  private static dev.crust.proto.wire.TraversalCandidate.Builder wire(byte[] ip, int port) {
    return dev.crust.proto.wire.TraversalCandidate.newBuilder()
        .setKind(dev.crust.proto.wire.TraversalCandidate.Kind.KIND_HOST)
        .setProtocol(dev.crust.proto.wire.TraversalCandidate.Protocol.PROTOCOL_UDP)
        .setIp(ByteString.copyFrom(ip))
        .setPort(port);
  }

  private static Situation measured(NatBehaviour udp, NatBehaviour tcp, NatBehaviour tcp443) {
    return StunEvidence.situation(
        Optional.of(udp), Optional.of(tcp), Optional.of(tcp443), List.of());
  }
}
