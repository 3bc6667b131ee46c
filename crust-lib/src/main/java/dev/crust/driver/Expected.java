package dev.crust.driver;

import dev.crust.io.PunchSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** From where TCP sockets may come in that are for a punch. Thread-safe. */
final class Expected implements PunchSocket.Expectation {
  private final Map<InetSocketAddress, PunchSocket.Ear> places = new ConcurrentHashMap<>();
  private final Map<InetAddress, PunchSocket.Ear> hosts = new ConcurrentHashMap<>();

  /** Somebody expects some from there, unless another does. */
  void add(InetSocketAddress place, PunchSocket.Ear ear) {
    places.putIfAbsent(place, ear);
    hosts.putIfAbsent(place.getAddress(), ear);
  }

  /** No more. */
  void remove(InetSocketAddress place, PunchSocket.Ear ear) {
    places.remove(place, ear);
    hosts.remove(place.getAddress(), ear);
  }

  @Override
  public Optional<PunchSocket.Ear> at(InetSocketAddress remote) {
    return Optional.ofNullable(places.get(remote));
  }

  @Override
  public Optional<PunchSocket.Ear> near(InetAddress host) {
    return Optional.ofNullable(hosts.get(host));
  }
}
