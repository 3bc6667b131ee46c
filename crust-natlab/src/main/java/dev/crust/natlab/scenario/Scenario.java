package dev.crust.natlab.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A world to test in: public hosts, homes behind NATs, carriers, LANs, and what happens to them.
 *
 * <pre>{@code
 * Scenario.of(
 *     publicHost("stun").running(COTURN),
 *     home("alice", PORT_RESTRICTED),
 *     home("bob", SYMMETRIC),
 *     at(ofSeconds(10), reboot("bob")))
 * }</pre>
 *
 * is in text
 *
 * <pre>
 * public stun coturn
 * home alice port-restricted
 * home bob symmetric
 * at 10s bob reboot
 * </pre>
 *
 * <p>A home has one LAN host of its own name unless its hosts are named. Immutable, thread-safe.
 *
 * @param elements its lines; what a line refers to stands above it
 */
public record Scenario(List<Element> elements) {

  /**
   * Checks the elements against each other.
   *
   * @throws IllegalArgumentException if a name is given twice or refers to nothing
   */
  public Scenario {
    elements = List.copyOf(elements);
    Consistency.check(elements);
  }

  /** The scenario of these elements. */
  public static Scenario of(Element... elements) {
    return new Scenario(List.of(elements));
  }

  /** This scenario and further elements. */
  public Scenario plus(Element... more) {
    return new Scenario(Stream.concat(elements.stream(), Stream.of(more)).toList());
  }

  /**
   * Reads the text form.
   *
   * @throws ScenarioSyntaxException naming the line and the wrong word
   */
  public static Scenario parse(String text) {
    return ScenarioReader.read(text);
  }

  /**
   * Reads one happening, such as {@code bob nat symmetric hairpin}.
   *
   * @throws ScenarioSyntaxException naming the wrong word
   */
  public static Happening parseHappening(String text) {
    return ScenarioReader.readHappening(text);
  }

  /** The text form; {@link #parse} makes an equal scenario of it. */
  public String text() {
    return ScenarioWriter.write(this);
  }

  /** The text form of one happening. */
  public static String text(Happening happening) {
    return ScenarioWriter.happening(happening);
  }

  public List<PublicHost> publicHosts() {
    return only(PublicHost.class);
  }

  public List<Carrier> carriers() {
    return only(Carrier.class);
  }

  public List<Home> homes() {
    return only(Home.class);
  }

  public List<Lan> lans() {
    return only(Lan.class);
  }

  /** The happenings, by time; those of one time in the order given. */
  public List<Timed> happenings() {
    List<Timed> timed = new ArrayList<>(only(Timed.class));
    timed.sort((a, b) -> a.at().compareTo(b.at()));
    return timed;
  }

  /** The names of all hosts that programs may run on: public, at home, on LANs. */
  public List<String> hosts() {
    return Stream.of(
            publicHosts().stream().map(PublicHost::name),
            homes().stream().flatMap(home -> home.hosts().stream()),
            lans().stream().flatMap(lan -> lan.hosts().stream()))
        .flatMap(names -> names)
        .distinct()
        .toList();
  }

  /** The home on whose LAN a host is, if it is on one. */
  public Optional<Home> homeOf(String host) {
    return homes().stream().filter(home -> home.hosts().contains(host)).findFirst();
  }

  private <T extends Element> List<T> only(Class<T> kind) {
    return elements.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** A public host without servers, on a line of {@link Link#DEFAULT}. */
  public static PublicHost publicHost(String name) {
    Set<Server> none = EnumSet.noneOf(Server.class);
    return new PublicHost(name, none, false, Link.DEFAULT);
  }

  /** A home with one host of the same name, IPv4 only, on a line of {@link Link#DEFAULT}. */
  public static Home home(String name, NatType type) {
    return home(name, Nat.of(type));
  }

  /** A home with one host of the same name, IPv4 only, on a line of {@link Link#DEFAULT}. */
  public static Home home(String name, Nat nat) {
    return new Home(name, nat, List.of(name), Optional.empty(), false, Link.DEFAULT);
  }

  /** A carrier on a line of {@link Link#DEFAULT}. */
  public static Carrier carrier(String name, NatType type) {
    return new Carrier(name, Nat.of(type), Link.DEFAULT);
  }

  /** A carrier on a line of {@link Link#DEFAULT}. */
  public static Carrier carrier(String name, Nat nat) {
    return new Carrier(name, nat, Link.DEFAULT);
  }

  /** A network without a way to the Internet. */
  public static Lan lan(String name, String... hosts) {
    return new Lan(name, List.of(hosts));
  }

  /** A happening at a time. */
  public static Timed at(Duration time, Happening happening) {
    return new Timed(time, happening);
  }

  /** A router forgets everything. */
  public static Happening reboot(String router) {
    return new Happening.Reboot(router);
  }

  /** A line goes silent. */
  public static Happening linkDown(String node) {
    return new Happening.LinkDown(node);
  }

  /** A line carries packets again. */
  public static Happening linkUp(String node) {
    return new Happening.LinkUp(node);
  }

  /** A router gets another outside address. */
  public static Happening newAddress(String router) {
    return new Happening.NewAddress(router);
  }

  /** A router behaves otherwise. */
  public static Happening changeNat(String router, Nat nat) {
    return new Happening.ChangeNat(router, nat);
  }

  /** A line changes. */
  public static Happening changeLink(String node, Link link) {
    return new Happening.ChangeLink(node, link);
  }

  /** A router drops a transport. */
  public static Happening block(String router, Transport transport) {
    return new Happening.Block(router, transport, OptionalInt.empty());
  }

  /** A router drops no more than its type says. */
  public static Happening unblock(String router) {
    return new Happening.Unblock(router);
  }
}
