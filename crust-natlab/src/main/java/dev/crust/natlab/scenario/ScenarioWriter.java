package dev.crust.natlab.scenario;

import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** Writes the text form of scenarios: only what differs from the defaults. */
final class ScenarioWriter {
  private ScenarioWriter() {}

  static String write(Scenario scenario) {
    return scenario.elements().stream()
        .map(element -> line(element) + "\n")
        .collect(Collectors.joining());
  }

  private static String line(Element element) {
    StringJoiner line = new StringJoiner(" ");
    if (element instanceof PublicHost host) {
      line.add("public").add(host.name());
      host.servers().forEach(server -> line.add(lower(server)));
      addIf(line, host.ipv6(), "ipv6");
      link(line, host.link());
    } else if (element instanceof Carrier carrier) {
      line.add("carrier").add(carrier.name());
      nat(line, carrier.nat());
      link(line, carrier.link());
    } else if (element instanceof Home home) {
      line.add("home").add(home.name());
      nat(line, home.nat());
      addIf(line, home.ipv6(), "ipv6");
      home.carrier().ifPresent(name -> line.add("behind").add(name));
      addIf(
          line,
          !home.hosts().equals(List.of(home.name())),
          "hosts " + String.join(",", home.hosts()));
      link(line, home.link());
    } else if (element instanceof Lan lan) {
      line.add("lan").add(lan.name()).add(String.join(" ", lan.hosts()));
    } else if (element instanceof Timed timed) {
      line.add("at").add(Quantity.text(timed.at())).add(happening(timed.happening()));
    }
    return line.toString();
  }

  static String happening(Happening happening) {
    StringJoiner words = new StringJoiner(" ").add(happening.node());
    if (happening instanceof Happening.LinkDown) {
      words.add("down");
    } else if (happening instanceof Happening.LinkUp) {
      words.add("up");
    } else if (happening instanceof Happening.Reboot) {
      words.add("reboot");
    } else if (happening instanceof Happening.NewAddress) {
      words.add("new-address");
    } else if (happening instanceof Happening.ChangeNat change) {
      nat(words.add("nat"), change.nat());
    } else if (happening instanceof Happening.ChangeLink change) {
      link(words.add("link"), change.link());
    } else if (happening instanceof Happening.Block block) {
      words.add("block").add(lower(block.transport()));
      block.port().ifPresent(port -> words.add(String.valueOf(port)));
    } else if (happening instanceof Happening.Unblock) {
      words.add("unblock");
    }
    return words.toString();
  }

  private static void nat(StringJoiner line, Nat nat) {
    line.add(nat.type().name());
    addIf(line, nat.hairpin(), "hairpin");
    addIf(line, nat.unsolicited() != Unsolicited.DROP, "unsolicited " + lower(nat.unsolicited()));
    if (!nat.udpLifetime().equals(Nat.defaultLifetime(nat.type()))) {
      line.add("lifetime").add(lifetime(nat.udpLifetime()));
    }
    addIf(line, !nat.ipv6Firewall(), "no-ipv6-firewall");
    addIf(line, nat.upnp(), "upnp");
  }

  private static String lifetime(UdpLifetime lifetime) {
    String fresh = Quantity.text(lifetime.fresh());
    return lifetime.fresh().equals(lifetime.proven())
        ? fresh
        : fresh + "/" + Quantity.text(lifetime.proven());
  }

  private static void link(StringJoiner line, Link link) {
    Link normal = Link.DEFAULT;
    addIf(line, !link.delay().equals(normal.delay()), "delay " + Quantity.text(link.delay()));
    addIf(line, !link.jitter().isZero(), "jitter " + Quantity.text(link.jitter()));
    addIf(line, link.loss() != normal.loss(), "loss " + Quantity.text(link.loss()));
    addIf(line, link.reorder() != normal.reorder(), "reorder " + Quantity.text(link.reorder()));
    addIf(line, link.bitsPerSecond() != 0, "rate " + Quantity.rateText(link.bitsPerSecond()));
    addIf(
        line,
        link.queueBytes() != normal.queueBytes(),
        "queue " + Quantity.bytesText(link.queueBytes()));
    addIf(line, link.mtu() != normal.mtu(), "mtu " + link.mtu());
  }

  private static void addIf(StringJoiner line, boolean condition, String words) {
    if (condition) {
      line.add(words);
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
