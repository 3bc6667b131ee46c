package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.Element;
import dev.crust.natlab.scenario.Home;
import dev.crust.natlab.scenario.Nat;
import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Scenario;
import dev.crust.natlab.scenario.Unsolicited;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a host may stand: behind a home router, and perhaps a carrier's NAT on top.
 *
 * @param home the type of the home's router
 * @param carrier the type of the carrier's NAT, if any
 */
public record Place(NatType home, Optional<NatType> carrier) {
  /** Behind port-restricted NATs, twice. */
  public static final Place CGN =
      new Place(NatType.PORT_RESTRICTED, Optional.of(NatType.PORT_RESTRICTED));

  /** Behind a port-restricted NAT, and a carrier's symmetric one. */
  public static final Place CGN_SYMMETRIC =
      new Place(NatType.PORT_RESTRICTED, Optional.of(NatType.SYMMETRIC));

  /** Behind a home router alone. */
  public static Place of(NatType type) {
    return new Place(type, Optional.empty());
  }

  /** Every place of the matrix: all types, and {@link #CGN}. */
  public static List<Place> all() {
    List<Place> places = new ArrayList<>(NatType.all().stream().map(Place::of).toList());
    places.add(CGN);
    return places;
  }

  /** A scenario's elements that put a host of this name here. */
  public List<Element> elements(String host, Unsolicited unsolicited) {
    List<Element> elements = new ArrayList<>();
    Home router = Scenario.home(host, Nat.of(home).withUnsolicited(unsolicited));
    if (carrier.isPresent()) {
      String name = host + "-isp";
      Nat nat = Nat.of(carrier.get()).withUnsolicited(unsolicited);
      elements.add(Scenario.carrier(name, nat));
      router = router.behind(name);
    }
    elements.add(router);
    return elements;
  }

  /** The type's name, or {@code cgn HOME+CARRIER}. */
  @Override
  public String toString() {
    return carrier.map(type -> "cgn " + home + "+" + type).orElse(home.name());
  }
}
