package dev.crust.proto.stun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crust.proto.stun.StunAttribute.ChangeRequest;
import dev.crust.proto.stun.StunAttribute.ErrorCode;
import dev.crust.proto.stun.StunAttribute.Fingerprint;
import dev.crust.proto.stun.StunAttribute.Opaque;
import dev.crust.proto.stun.StunAttribute.OtherAddress;
import dev.crust.proto.stun.StunAttribute.Padding;
import dev.crust.proto.stun.StunAttribute.ResponseOrigin;
import dev.crust.proto.stun.StunAttribute.ResponsePort;
import dev.crust.proto.stun.StunAttribute.UnknownAttributes;
import dev.crust.proto.stun.StunAttribute.XorMappedAddress;
import dev.crust.proto.stun.StunServer.Alternates;
import dev.crust.proto.stun.StunServer.Reply;
import dev.crust.proto.stun.StunServer.Transport;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StunServerTest {
  private static final InetSocketAddress PRIMARY = at("198.51.100.1", 3478);
  private static final InetSocketAddress ALTERNATE = at("203.0.113.1", 3479);
  private static final Optional<Alternates> FOUR = Optional.of(new Alternates(PRIMARY, ALTERNATE));
  private static final InetSocketAddress CLIENT = at("192.0.2.7", 5000);
  private static final TransactionId ID = TransactionId.random(new Random(1));

  @ParameterizedTest
  @CsvSource({
    "198.51.100.1,3478,false,false,198.51.100.1,3478",
    "198.51.100.1,3478,false,true,198.51.100.1,3479",
    "198.51.100.1,3478,true,false,203.0.113.1,3478",
    "198.51.100.1,3478,true,true,203.0.113.1,3479",
    "203.0.113.1,3478,true,true,198.51.100.1,3479",
    "203.0.113.1,3479,false,true,203.0.113.1,3478",
  })
  void answers_from_where_it_is_asked_to(
      String ip, int port, boolean changeIp, boolean changePort, String fromIp, int fromPort) {
    Reply reply = answer(at(ip, port), CLIENT, FOUR, new ChangeRequest(changeIp, changePort)).get();
    assertThat(reply.from()).isEqualTo(at(fromIp, fromPort));
    assertThat(reply.to()).isEqualTo(CLIENT);
    assertThat(reply.message().first(ResponseOrigin.class))
        .contains(new ResponseOrigin(reply.from()));
    assertThat(reply.message().first(XorMappedAddress.class))
        .contains(new XorMappedAddress(CLIENT));
  }

  @Test
  void answers_to_another_port_of_the_same_address() {
    Reply reply = answer(PRIMARY, CLIENT, FOUR, new ResponsePort(7777)).get();
    assertThat(reply.to()).isEqualTo(at("192.0.2.7", 7777));
    assertThat(reply.message().reflexiveAddress()).contains(CLIENT);
  }

  @Test
  void refuses_what_it_does_not_understand() {
    Reply reply = answer(PRIMARY, CLIENT, FOUR, new Opaque(0x7fff, new byte[4])).get();
    assertThat(reply.message().kind()).isEqualTo(StunClass.ERROR);
    assertThat(reply.message().attributes())
        .containsExactly(
            new ErrorCode(420, "Unknown Attribute"), new UnknownAttributes(List.of(0x7fff)));
  }

  @Test
  void without_a_second_address_a_change_is_refused() {
    Reply reply = answer(PRIMARY, CLIENT, Optional.empty(), new ChangeRequest(true, true)).get();
    assertThat(reply.message().first(UnknownAttributes.class))
        .contains(new UnknownAttributes(List.of(3)));
  }

  @Test
  void a_bare_ipv6_request_is_too_small_for_the_other_address() {
    InetSocketAddress client = at("2001:db8::7", 5000);
    InetSocketAddress primary = at("2001:db8::1", 3478);
    Optional<Alternates> four = Optional.of(new Alternates(primary, at("2001:db8::2", 3479)));
    StunMessage bare = answer(primary, client, four).get().message();
    assertThat(bare.reflexiveAddress()).contains(client);
    assertThat(bare.has(OtherAddress.class) && bare.has(ResponseOrigin.class)).isFalse();
    StunMessage longer = answer(primary, client, four, new Fingerprint()).get().message();
    assertThat(longer.has(OtherAddress.class) && longer.has(ResponseOrigin.class)).isTrue();
  }

  @Test
  void padding_is_not_answered_with_padding() {
    Reply reply = answer(PRIMARY, CLIENT, FOUR, new Padding(1000)).get();
    assertThat(StunCodec.encode(reply.message()).length).isLessThan(100);
  }

  @Test
  void answers_requests_alone() {
    for (StunClass kind : List.of(StunClass.INDICATION, StunClass.SUCCESS, StunClass.ERROR)) {
      StunMessage message = new StunMessage(kind, StunMessage.BINDING, ID, List.of());
      assertThat(StunServer.answer(message, 20, Transport.UDP, PRIMARY, CLIENT, FOUR)).isEmpty();
    }
  }

  @Test
  void no_reply_is_larger_than_twice_its_request() {
    for (long seed = 1; seed <= 2000; seed++) {
      StunMessage any = StunCodecTest.message(new Random(seed));
      StunMessage request =
          StunMessage.bindingRequest(ID, any.attributes().toArray(new StunAttribute[0]));
      int length = StunCodec.encode(request).length;
      String label = "seed " + seed;
      StunServer.answer(request, length, Transport.UDP, PRIMARY, CLIENT, FOUR)
          .ifPresent(
              reply ->
                  assertThat(StunCodec.encode(reply.message()).length + 28)
                      .as(label)
                      .isLessThanOrEqualTo(2 * (length + 28)));
    }
  }

  private static Optional<Reply> answer(
      InetSocketAddress on,
      InetSocketAddress from,
      Optional<Alternates> four,
      StunAttribute... attributes) {
    StunMessage request = StunMessage.bindingRequest(ID, attributes);
    int length = StunCodec.encode(request).length;
    return StunServer.answer(request, length, Transport.UDP, on, from, four);
  }

  private static InetSocketAddress at(String ip, int port) {
    return new InetSocketAddress(ip, port);
  }
}
