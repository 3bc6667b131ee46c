package dev.crust.natlab.scenario;

/**
 * A carrier-grade NAT (RFC 6888) that homes sit behind, with addresses of 100.64.0.0/10.
 *
 * @param name its name, also that of its router
 * @param nat what it does; a type that translates
 * @param link its line
 */
public record Carrier(String name, Nat nat, Link link) implements Element {
  public Carrier {
    Names.require(name);
    if (!nat.type().translates()) {
      throw new IllegalArgumentException("'" + nat.type() + "' does not translate: no carrier");
    }
  }

  /** This, on another line. */
  public Carrier withLink(Link line) {
    return new Carrier(name, nat, line);
  }
}
