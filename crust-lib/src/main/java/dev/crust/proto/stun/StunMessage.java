package dev.crust.proto.stun;

import dev.crust.proto.stun.StunAttribute.MappedAddress;
import dev.crust.proto.stun.StunAttribute.Opaque;
import dev.crust.proto.stun.StunAttribute.XorMappedAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/**
 * A STUN message (RFC 8489 §5). Immutable and thread-safe.
 *
 * @param kind the class
 * @param method 12 bits; {@link #BINDING} or one of an extension
 * @param transactionId the id
 * @param attributes in the order of the wire
 */
public record StunMessage(
    StunClass kind, int method, TransactionId transactionId, List<StunAttribute> attributes) {
  /** The Binding method (RFC 8489 §3). */
  public static final int BINDING = 1;

  /** Copies the list and checks the method. */
  public StunMessage {
    if (method < 0 || method > 0xfff) {
      throw new IllegalArgumentException("method " + method);
    }
    attributes = List.copyOf(attributes);
  }

  /** A Binding request. */
  public static StunMessage bindingRequest(TransactionId id, StunAttribute... attributes) {
    return new StunMessage(StunClass.REQUEST, BINDING, id, List.of(attributes));
  }

  /** A response to this request: same method, same id. */
  public StunMessage response(StunClass kind, List<StunAttribute> attributes) {
    return new StunMessage(kind, method, transactionId, attributes);
  }

  /** The first attribute of a kind; RFC 8489 §14: later ones of the same type are ignored. */
  public <T extends StunAttribute> Optional<T> first(Class<T> kind) {
    return attributes.stream().filter(kind::isInstance).map(kind::cast).findFirst();
  }

  /** Whether there is an attribute of a kind. */
  public boolean has(Class<? extends StunAttribute> kind) {
    return attributes.stream().anyMatch(kind::isInstance);
  }

  /** The same but for the attributes of a kind. */
  public StunMessage without(Class<? extends StunAttribute> kind) {
    List<StunAttribute> others = attributes.stream().filter(a -> !kind.isInstance(a)).toList();
    return new StunMessage(this.kind, method, transactionId, others);
  }

  /** Where the request came from, as the server saw it: the hidden form first. */
  public Optional<InetSocketAddress> reflexiveAddress() {
    return first(XorMappedAddress.class)
        .map(XorMappedAddress::address)
        .or(() -> first(MappedAddress.class).map(MappedAddress::address));
  }

  /** The types that must be understood and are not (RFC 8489 §14: below 0x8000). */
  public List<Integer> unknownRequired() {
    return attributes.stream()
        .filter(Opaque.class::isInstance)
        .map(StunAttribute::type)
        .filter(type -> type < 0x8000)
        .distinct()
        .toList();
  }
}
