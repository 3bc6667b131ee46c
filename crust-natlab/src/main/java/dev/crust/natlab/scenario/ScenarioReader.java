package dev.crust.natlab.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/** Reads the text form of scenarios. */
final class ScenarioReader {
  private final List<Element> elements = new ArrayList<>();
  private Link defaultLink = Link.DEFAULT;

  private ScenarioReader() {}

  static Scenario read(String text) {
    ScenarioReader reader = new ScenarioReader();
    Scenario scenario = Scenario.of();
    int number = 0;
    for (String line : text.split("\\R", -1)) {
      number++;
      String content = line.replaceFirst("#.*", "").strip();
      try {
        if (!content.isEmpty()) {
          reader.line(new Words(content));
          // Each line is checked against those above it, so that a complaint has its number.
          scenario = new Scenario(reader.elements);
        }
      } catch (IllegalArgumentException e) {
        throw new ScenarioSyntaxException(number, String.valueOf(e.getMessage()), e);
      }
    }
    return scenario;
  }

  static Happening readHappening(String text) {
    try {
      Words words = new Words(text);
      Happening happening = happening(words);
      words.end();
      return happening;
    } catch (IllegalArgumentException e) {
      throw new ScenarioSyntaxException(1, String.valueOf(e.getMessage()), e);
    }
  }

  private void line(Words words) {
    String kind = words.next("a kind of line");
    switch (kind) {
      case "links" -> defaultLink = link(words, Link.DEFAULT);
      case "public" -> elements.add(publicHost(words));
      case "carrier" -> elements.add(carrier(words));
      case "home" -> elements.add(home(words));
      case "lan" -> elements.add(lan(words));
      case "at" ->
          elements.add(new Timed(Quantity.duration(words.next("a time")), happening(words)));
      default ->
          throw new IllegalArgumentException(
              "'" + kind + "' begins no line; there are links, public, carrier, home, lan, at");
    }
    words.end();
  }

  private PublicHost publicHost(Words words) {
    PublicHost host = Scenario.publicHost(words.next("a name"));
    boolean more = true;
    while (more) {
      if (words.take("coturn")) {
        host = host.running(Server.COTURN);
      } else if (words.take("ipv6")) {
        host = host.withIpv6();
      } else {
        more = false;
      }
    }
    return host.withLink(link(words, defaultLink));
  }

  private Carrier carrier(Words words) {
    return new Carrier(words.next("a name"), nat(words), link(words, defaultLink));
  }

  private Home home(Words words) {
    Home home = Scenario.home(words.next("a name"), nat(words));
    boolean more = true;
    while (more) {
      if (words.take("ipv6")) {
        home = home.withIpv6();
      } else if (words.take("behind")) {
        home = home.behind(words.next("a carrier"));
      } else if (words.take("hosts")) {
        home = home.withHosts(words.next("names").split(",", -1));
      } else {
        more = false;
      }
    }
    return home.withLink(link(words, defaultLink));
  }

  private static Lan lan(Words words) {
    String name = words.next("a name");
    List<String> hosts = new ArrayList<>(List.of(words.next("a host")));
    while (words.hasNext()) {
      hosts.add(words.next("a host"));
    }
    return new Lan(name, hosts);
  }

  private static Nat nat(Words words) {
    Nat nat = Nat.of(NatType.parse(words.next("a NAT type")));
    while (true) {
      if (words.take("hairpin")) {
        nat = nat.withHairpin();
      } else if (words.take("unsolicited")) {
        nat = nat.withUnsolicited(oneOf(Unsolicited.values(), words.next("an answer")));
      } else if (words.take("lifetime")) {
        nat = nat.withUdpLifetime(lifetime(words.next("a time")));
      } else if (words.take("no-ipv6-firewall")) {
        nat = nat.withoutIpv6Firewall();
      } else if (words.take("upnp")) {
        nat = nat.withUpnp();
      } else {
        return nat;
      }
    }
  }

  private static UdpLifetime lifetime(String word) {
    int slash = word.indexOf('/');
    return slash < 0
        ? UdpLifetime.of(Quantity.duration(word))
        : new UdpLifetime(
            Quantity.duration(word.substring(0, slash)),
            Quantity.duration(word.substring(slash + 1)));
  }

  private static Link link(Words words, Link start) {
    Link link = start;
    while (true) {
      if (words.take("delay")) {
        link = link.withDelay(Quantity.duration(words.next("a time")));
      } else if (words.take("jitter")) {
        link = link.withJitter(Quantity.duration(words.next("a time")));
      } else if (words.take("loss")) {
        link = link.withLoss(Quantity.share(words.next("a share")));
      } else if (words.take("reorder")) {
        link = link.withReorder(Quantity.share(words.next("a share")));
      } else if (words.take("rate")) {
        link = link.withRate(Quantity.rate(words.next("a rate")));
      } else if (words.take("queue")) {
        link = link.withQueue(Quantity.bytes(words.next("a size")));
      } else if (words.take("mtu")) {
        link = link.withMtu(Quantity.bytes(words.next("a size")));
      } else {
        return link;
      }
    }
  }

  private static Happening happening(Words words) {
    String node = words.next("a node");
    String verb = words.next("a happening");
    return switch (verb) {
      case "down" -> new Happening.LinkDown(node);
      case "up" -> new Happening.LinkUp(node);
      case "reboot" -> new Happening.Reboot(node);
      case "new-address" -> new Happening.NewAddress(node);
      case "nat" -> new Happening.ChangeNat(node, nat(words));
      case "link" -> new Happening.ChangeLink(node, link(words, Link.DEFAULT));
      case "block" -> block(node, words);
      case "unblock" -> new Happening.Unblock(node);
      default ->
          throw new IllegalArgumentException(
              "'"
                  + verb
                  + "' is no happening; there are down, up, reboot, new-address, nat, link, block,"
                  + " unblock");
    };
  }

  private static Happening block(String node, Words words) {
    Transport transport = oneOf(Transport.values(), words.next("udp, tcp or all"));
    OptionalInt port =
        words.hasNext()
            ? OptionalInt.of(Quantity.integer(words.next("a port")))
            : OptionalInt.empty();
    return new Happening.Block(node, transport, port);
  }

  private static <E extends Enum<E>> E oneOf(E[] values, String word) {
    List<String> names = new ArrayList<>();
    for (E value : values) {
      String name = value.name().toLowerCase(Locale.ROOT);
      if (name.equals(word)) {
        return value;
      }
      names.add(name);
    }
    throw new IllegalArgumentException(
        "'%s' is none of %s".formatted(word, String.join(", ", names)));
  }
}
