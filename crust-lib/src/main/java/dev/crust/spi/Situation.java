package dev.crust.spi;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * One side's situation, as it tells it to the other. Immutable.
 *
 * @param udp what stands in the way of UDP
 * @param tcp what stands in the way of TCP
 * @param candidates where it may be met, most promising first, at most {@value #MAX_CANDIDATES}
 * @param methods the names of the traversal methods that it has, at most {@value #MAX_METHODS}
 */
public record Situation(
    Profile udp, Profile tcp, List<TraversalCandidate> candidates, List<String> methods) {
  /** As many candidates are told. */
  public static final int MAX_CANDIDATES = 16;

  /** As many methods are told. */
  public static final int MAX_METHODS = 12;

  /** The methods of a side that does not say which it has. */
  public static final List<String> UNSAID =
      List.of(TraversalMethod.DIAL, TraversalMethod.TCP_PUNCH, TraversalMethod.UDP_PUNCH);

  /** Nothing is known, and there is nowhere to meet. */
  public static final Situation UNKNOWN =
      new Situation(Profile.UNKNOWN, Profile.UNKNOWN, List.of());

  /** The situation of a side that has the methods of old. */
  public Situation(Profile udp, Profile tcp, List<TraversalCandidate> candidates) {
    this(udp, tcp, candidates, UNSAID);
  }

  /** Copies the lists and checks their lengths. */
  public Situation {
    candidates = List.copyOf(candidates);
    if (candidates.size() > MAX_CANDIDATES) {
      throw new IllegalArgumentException(candidates.size() + " candidates");
    }
    methods = List.copyOf(methods);
    if (methods.size() > MAX_METHODS) {
      throw new IllegalArgumentException(methods.size() + " methods");
    }
  }

  /** What stands in the way of this protocol. */
  public Profile profile(Protocol protocol) {
    return protocol == Protocol.UDP ? udp : tcp;
  }

  /** The candidates of a protocol, in order. */
  public List<TraversalCandidate> candidates(Protocol protocol) {
    return candidates.stream().filter(each -> each.protocol() == protocol).toList();
  }

  /** The addresses of one kind and protocol, in order. */
  public List<InetSocketAddress> addresses(TraversalCandidate.Kind kind, Protocol protocol) {
    return candidates(protocol).stream()
        .filter(each -> each.kind() == kind)
        .map(TraversalCandidate::address)
        .toList();
  }

  /** This, with what peers found who dialled back, for one protocol. */
  public Situation with(Protocol protocol, Profile.Reachability found) {
    return protocol == Protocol.UDP
        ? new Situation(udp.with(found), tcp, candidates, methods)
        : new Situation(udp, tcp.with(found), candidates, methods);
  }

  /** This, with these methods. */
  public Situation with(List<String> names) {
    return new Situation(udp, tcp, candidates, names);
  }
}
