package dev.crust.natlab.scenario;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who has which address: the same in every world that plays a scenario.
 *
 * <p>Public host number n (from 1) has 198.51.100.n and 203.0.113.n and 2001:db8::n. Router number
 * n has 198.18.0.0 + n outside, and on each {@link Happening.NewAddress} 8192 more, going round
 * after eight; behind a carrier 100.64.0.0 + n. A home's LAN is 192.168.n.0/24 (10.x.y.0/24 from
 * the 256th on), its router the first address, its hosts from .10; without translation it is
 * 198.19.0.0 + 8n, a /29, hosts from the second. IPv6 LANs are 2001:db8:1::/48, a /64 each. LAN
 * number n is 172.16.n.0/24 and fd00:0:0:n::/64, hosts from .10.
 *
 * <p>Immutable and thread-safe.
 */
public final class Addressing {
  private static final int GENERATION = 8192;
  private static final int GENERATIONS = 8;

  private final Scenario scenario;
  private final Map<String, Integer> publicHosts = new HashMap<>();
  private final Map<String, Integer> routers = new HashMap<>();
  private final Map<String, Integer> lans = new HashMap<>();

  private Addressing(Scenario scenario) {
    this.scenario = scenario;
    scenario.publicHosts().forEach(host -> number(publicHosts, host.name()));
    scenario.carriers().forEach(carrier -> number(routers, carrier.name()));
    scenario.homes().forEach(home -> number(routers, home.name()));
    scenario.lans().forEach(lan -> number(lans, lan.name()));
  }

  /**
   * The addresses of a scenario.
   *
   * @throws IllegalArgumentException if it has more than 250 public hosts or LANs or 8000 routers
   */
  public static Addressing of(Scenario scenario) {
    Addressing addressing = new Addressing(scenario);
    if (addressing.publicHosts.size() > 250
        || addressing.lans.size() > 250
        || addressing.routers.size() > 8000) {
      throw new IllegalArgumentException("too many public hosts (250), LANs (250), routers (8000)");
    }
    return addressing;
  }

  private static void number(Map<String, Integer> numbers, String name) {
    numbers.put(name, numbers.size() + 1);
  }

  /**
   * All addresses of a host's first network, IPv4 first: a public host's two, the one at home, or
   * the one of its first LAN.
   *
   * @throws IllegalArgumentException if there is no such host
   */
  public List<InetAddress> host(String name) {
    if (publicHosts.containsKey(name)) {
      return publicHost(name);
    }
    Optional<Home> home = scenario.homeOf(name);
    if (home.isPresent()) {
      return homeHost(home.get(), name);
    }
    return scenario.lans().stream()
        .filter(lan -> lan.hosts().contains(name))
        .findFirst()
        .map(lan -> lanHost(lan.name(), name))
        .orElseThrow(() -> new IllegalArgumentException("'" + name + "' is no host"));
  }

  /** The first IPv4 address of a host. */
  public Inet4Address ipv4(String host) {
    return (Inet4Address) host(host).get(0);
  }

  /**
   * The outside address of a home's or carrier's router before any {@link Happening.NewAddress}.
   */
  public Inet4Address outside(String router) {
    return outside(router, 0);
  }

  /** The outside address of a router after so many {@link Happening.NewAddress}. */
  public Inet4Address outside(String router, int changes) {
    int number = of(routers, router);
    boolean carried =
        scenario.homes().stream()
            .anyMatch(home -> home.name().equals(router) && home.carrier().isPresent());
    Subnet pool = carried ? subnet("100.64.0.0", 10) : subnet("198.18.0.0", 16);
    return (Inet4Address) pool.address(number + GENERATION * (changes % GENERATIONS));
  }

  /** The IPv4 range of a home's LAN; its router has address 1. */
  public Subnet homeNetwork(String home) {
    int number = of(routers, home);
    boolean translated =
        scenario.homes().stream()
            .anyMatch(each -> each.name().equals(home) && each.nat().type().translates());
    if (!translated) {
      return new Subnet(subnet("198.19.0.0", 16).address(8 * number), 29);
    }
    return number < 256
        ? subnet("192.168." + number + ".0", 24)
        : subnet("10." + number / 256 + "." + number % 256 + ".0", 24);
  }

  /** The IPv6 range of a home's LAN, used if the home has IPv6; its router has address 1. */
  public Subnet homeNetwork6(String home) {
    return subnet("2001:db8:1:" + Integer.toHexString(of(routers, home)) + "::", 64);
  }

  /** The IPv4 range of a LAN without Internet. */
  public Subnet lanNetwork(String lan) {
    return subnet("172.16." + of(lans, lan) + ".0", 24);
  }

  /** The addresses of a host on a LAN without Internet: IPv4, then IPv6. */
  public List<InetAddress> lanHost(String lan, String host) {
    int index =
        scenario.lans().stream()
            .filter(each -> each.name().equals(lan))
            .findFirst()
            .map(each -> each.hosts().indexOf(host))
            .filter(position -> position >= 0)
            .orElseThrow(() -> new IllegalArgumentException("'" + host + "' is not on " + lan));
    Subnet network6 = subnet("fd00:0:0:" + Integer.toHexString(of(lans, lan)) + "::", 64);
    return List.of(lanNetwork(lan).address(10 + index), network6.address(10 + index));
  }

  private List<InetAddress> publicHost(String name) {
    int number = of(publicHosts, name);
    List<InetAddress> addresses = new ArrayList<>();
    addresses.add(subnet("198.51.100.0", 24).address(number));
    addresses.add(subnet("203.0.113.0", 24).address(number));
    if (scenario.publicHosts().stream().anyMatch(h -> h.name().equals(name) && h.ipv6())) {
      addresses.add(subnet("2001:db8::", 64).address(number));
    }
    return addresses;
  }

  private List<InetAddress> homeHost(Home home, String host) {
    Subnet network = homeNetwork(home.name());
    int index = home.hosts().indexOf(host);
    int first = network.bits() == 29 ? 2 : 10;
    if (first + index >= (1 << (32 - network.bits())) - 1) {
      throw new IllegalArgumentException("'" + home.name() + "' has more hosts than addresses");
    }
    List<InetAddress> addresses = new ArrayList<>(List.of(network.address(first + index)));
    if (home.ipv6()) {
      addresses.add(homeNetwork6(home.name()).address(10 + index));
    }
    return addresses;
  }

  private static int of(Map<String, Integer> numbers, String name) {
    Integer number = numbers.get(name);
    if (number == null) {
      throw new IllegalArgumentException("'" + name + "' is not in this scenario");
    }
    return number;
  }

  private static Subnet subnet(String network, int bits) {
    try {
      return new Subnet(InetAddress.getByName(network), bits);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
