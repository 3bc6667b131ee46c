package dev.crust.proto.punch;

import dev.crust.spi.Side;
import java.util.Locale;

/** Why two sides have no direct path by a protocol. */
public enum Obstacle {
  /** One side tells no address of this protocol. */
  NO_ADDRESS("%s has no address for it"),
  /** One side's network lets nothing out. */
  BLOCKED("%s network lets none of it out"),
  /** One side's network lets only port 443 out, and the other does not listen there. */
  ONLY_443("%s network lets only port 443 out, and no address of the other side has it"),
  /** Both allocate ports at random. */
  RANDOM_BOTH("both NATs allocate ports at random for each destination"),
  /** One allocates at random, the other in sequence. */
  RANDOM_AND_SEQUENTIAL(
      "%s NAT allocates ports at random for each destination, the other one in sequence"),
  /** One allocates at random, the other lets in only endpoints that were sent to. */
  RANDOM_AND_RESTRICTED(
      "%s NAT allocates ports at random for each destination, the other one filters by address"
          + " and port"),
  /** Both allocate in sequence. */
  SEQUENTIAL_BOTH("both NATs allocate ports in sequence for each destination"),
  /** One allocates in sequence, the other lets in only endpoints that were sent to. */
  SEQUENTIAL_AND_RESTRICTED(
      "%s NAT allocates ports in sequence for each destination, the other one filters by address"
          + " and port");

  private final String sentence;

  Obstacle(String sentence) {
    this.sentence = sentence;
  }

  /** What it means, as a clause without a full stop; {@code whose} NAT, told to {@code self}. */
  String sentence(Side whose, Side self) {
    String plain = this == NO_ADDRESS ? "this side" : "our";
    String other = this == NO_ADDRESS ? "the peer" : "the peer's";
    return sentence.formatted(whose == self ? plain : other);
  }

  /** The stable name: lower case with hyphens. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
