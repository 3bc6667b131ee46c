package dev.crust.natlab.verify;

import dev.crust.natlab.scenario.NatType;
import dev.crust.natlab.scenario.Transport;
import dev.crust.natlab.scenario.Unsolicited;
import dev.crust.proto.punch.Obstacle;
import dev.crust.spi.Protocol;
import java.util.ArrayList;
import java.util.List;

/** Two places, and what the routers there do to the unsolicited. */
record MatrixCell(Place one, Place other, Unsolicited unsolicited) {
  private static final List<Unsolicited> UNKIND = List.of(Unsolicited.RST, Unsolicited.ACCEPT);

  private static final List<Place> SEQUENTIAL = List.of(Place.of(NatType.SYMMETRIC_SEQ));

  private static final List<Place> RANDOM =
      List.of(Place.of(NatType.ADDR_SYMMETRIC), Place.of(NatType.SYMMETRIC), Place.CGN_SYMMETRIC);

  /**
   * Every pair, with routers that drop; with unkind ones those that have a direct path: without a
   * punch nothing unsolicited comes to a router.
   */
  static List<MatrixCell> all() {
    List<MatrixCell> cells = new ArrayList<>();
    List<Place> places = new ArrayList<>(Place.all());
    places.add(Place.CGN_SYMMETRIC);
    for (int i = 0; i < places.size(); i++) {
      for (Place other : places.subList(i, places.size())) {
        MatrixCell cell = new MatrixCell(places.get(i), other, Unsolicited.DROP);
        cells.add(cell);
        if (cell.direct(Protocol.UDP) || cell.direct(Protocol.TCP)) {
          UNKIND.forEach(each -> cells.add(new MatrixCell(cell.one, cell.other, each)));
        }
      }
    }
    return cells;
  }

  /** The cell whose {@link #toString} these words are. */
  static MatrixCell of(String words) {
    return all().stream()
        .filter(cell -> cell.toString().equals(words))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no cell: " + words));
  }

  /** Whether they come to a direct path by a protocol. */
  boolean direct(Protocol protocol) {
    Transport transport = protocol == Protocol.TCP ? Transport.TCP : Transport.UDP;
    return PunchMatrix.expected(new PunchMatrix.Pair(transport, one, other));
  }

  /**
   * What else a seed gives. Before a router of Linux's that accepts, lines lose nothing: if ours is
   * the first packet lost, the peer's takes our port for half a minute, whatever we do.
   */
  Circumstances circumstances(long seed) {
    Circumstances any = Circumstances.of(seed);
    return unsolicited == Unsolicited.ACCEPT && has(NatType.LINUX) ? any.lossless() : any;
  }

  /** Why not, as far as can be found out. */
  Obstacle obstacle(Protocol protocol) {
    return protocol == Protocol.TCP ? tcpObstacle() : udpObstacle();
  }

  private Obstacle udpObstacle() {
    if (has(NatType.UDP_BLOCKED) || has(NatType.TCP_443_ONLY)) {
      return Obstacle.BLOCKED;
    }
    return switch (count(SEQUENTIAL)) {
      case 2 -> Obstacle.SEQUENTIAL_BOTH;
      case 1 ->
          count(RANDOM) == 1 ? Obstacle.RANDOM_AND_SEQUENTIAL : Obstacle.SEQUENTIAL_AND_RESTRICTED;
      default -> count(RANDOM) == 2 ? Obstacle.RANDOM_BOTH : Obstacle.RANDOM_AND_RESTRICTED;
    };
  }

  private Obstacle tcpObstacle() {
    if (has(NatType.TCP_443_ONLY)) {
      // No observer listens on 443, so nothing is known of it, its address neither.
      return Obstacle.NO_ADDRESS;
    }
    // How ports are allocated is found out by UDP alone.
    return count(RANDOM) + count(SEQUENTIAL) == 2
        ? Obstacle.RANDOM_BOTH
        : Obstacle.RANDOM_AND_RESTRICTED;
  }

  private boolean has(NatType type) {
    return count(List.of(Place.of(type))) > 0;
  }

  private int count(List<Place> places) {
    return (places.contains(one) ? 1 : 0) + (places.contains(other) ? 1 : 0);
  }

  /** Whether each is behind a carrier, whose line takes as long as the home's. */
  boolean far() {
    return one.carrier().isPresent() && other.carrier().isPresent();
  }

  @Override
  public String toString() {
    return one + " x " + other + " " + unsolicited;
  }
}
